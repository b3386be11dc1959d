import { createHash } from 'node:crypto';
import { parseApiKeys } from './api-keys.js';

const KEY = 'k3y-0f-a-test-0123456789';
const OTHER = 'an0ther-k3y-of-the-test+/=';
const sha256 = (text: string) => createHash('sha256').update(text).digest();

describe('keys', () => {
  it('are entries on lines or behind semicolons, with comments and limits', () => {
    const text = `# who may come in\nops:admin:${KEY}\r\n\n app : infer : ${OTHER} : requestsPerSecond=2.5, concurrency=3;x:infer:${KEY}x`;
    expect(parseApiKeys(text)).toEqual([
      { name: 'ops', role: 'admin', digest: sha256(KEY), limits: {} },
      { name: 'app', role: 'infer', digest: sha256(OTHER), limits: { requestsPerSecond: 2.5, concurrency: 3 } },
      { name: 'x', role: 'infer', digest: sha256(`${KEY}x`), limits: {} },
    ]);
  });

  it('can be given as their digest', () => {
    const [key] = parseApiKeys(`ops:admin:sha256=${sha256(KEY).toString('hex').toUpperCase()}:queuedBytes=1000`);
    expect(key).toEqual({ name: 'ops', role: 'admin', digest: sha256(KEY), limits: { queuedBytes: 1000 } });
  });

  it.each([
    ['', 'there is no key in it'],
    ['# nothing but a comment', 'there is no key in it'],
    [`ops:admin:${KEY}\napp:infer:k3y-short`, 'entry 2 (app): the key has 9 characters, expected at least 16'],
    [`ops:admin:${KEY};ops:infer:${OTHER}`, 'entry 2 (ops): another entry has this name'],
    [`ops:admin:${KEY}\napp:infer:${KEY}`, 'entry 2 (app): it has the key of ops'],
    [`ops:root:${KEY}`, 'entry 1: expected name:role:key, the role being infer or admin'],
    [KEY, 'entry 1: expected name:role:key'],
    [`${KEY}:ops:admin`, 'entry 1: expected name:role:key'],
    [`ops:admin:sha256=12:`, 'entry 1 (ops): expected 64 hexadecimal digits'],
    [`ops:admin:${KEY} ${KEY}`, 'entry 1 (ops): expected a key of ASCII characters without spaces'],
    [`ops:admin:${KEY}:speed=3`, 'entry 1 (ops): speed is no limit, expected requestsPerSecond'],
    [`ops:admin:${KEY}:concurrency=1.5`, 'entry 1 (ops): concurrency: expected a number above 0'],
    [`ops:admin:${KEY}:requestsPerSecond=0`, 'entry 1 (ops): requestsPerSecond: expected a number above 0'],
    [`ops:admin:${KEY}::`, 'entry 1 (ops): expected name:role:key:limits and no further colon'],
  ])('are refused, naming the entry and never a key: %#', (text, message) => {
    let thrown: unknown;
    try {
      parseApiKeys(text);
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toContain(message);
    expect(String(thrown)).not.toContain('k3y');
  });
});
