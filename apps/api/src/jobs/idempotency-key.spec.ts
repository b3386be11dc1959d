import { idempotencyKey } from './idempotency-key.js';

describe('idempotencyKey', () => {
  const body = Buffer.from('{"inputs":[]}');

  it('is the same for the same caller, key and request', () => {
    const key = idempotencyKey('k-1', 'ann', ['digits', undefined, body]);
    expect(idempotencyKey('k-1', 'ann', ['digits', undefined, Buffer.from(body)])).toEqual(key);
  });

  it('differs by caller and key; its fingerprint by every part of the request', () => {
    const digest = (header: string, caller: string) => idempotencyKey(header, caller, [])?.digest;
    expect(new Set([digest('k', 'ann'), digest('k', 'ben'), digest('kb', 'an'), digest('k2', 'ann')]).size).toBe(4);
    const requests = [
      ['digits', undefined, body],
      ['digits', '1', body],
      ['digits', '', body],
      ['digit', 's', body],
      ['digits', undefined, Buffer.from('{"inputs":[ ]}')],
    ];
    const fingerprints = requests.map((asked) => idempotencyKey('k', 'ann', asked)?.fingerprint);
    expect(new Set(fingerprints).size).toBe(requests.length);
  });

  it('is no key where there is no header', () => {
    expect(idempotencyKey(undefined, 'ann', [])).toBeUndefined();
  });

  it.each([
    ['', 'others'],
    ['a'.repeat(256), '256 characters'],
    ['tab\there', 'others'],
    ['schlüssel', 'others'],
  ])('refuses %j', (header, found) => {
    const message = `Idempotency-Key: expected 1 to 255 printable characters, got ${found}`;
    expect(() => idempotencyKey(header, 'ann', [])).toThrow(message);
  });
});
