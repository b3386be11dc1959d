import { addressTable, localUrl, withoutPassword } from './address-table.js';

describe('addressTable', () => {
  it('names every address, and a request on one line', () => {
    const table = addressTable({ api: 'http://127.0.0.1:3000', redis: 'redis://127.0.0.1:6400', logs: '.sluice/logs' });
    expect(table).toContain('http://127.0.0.1:3000/docs');
    expect(table).toContain('http://127.0.0.1:3000/queues');
    const curl = table.split('\n').filter((line) => line.includes('curl'));
    expect(curl).toEqual([
      "  curl -s http://127.0.0.1:3000/v2/models/digits/infer -H 'content-type: application/json' -d @models/digits/samples/seven.json",
    ]);
  });
});

describe('localUrl', () => {
  it.each([
    ['0.0.0.0', 'http://127.0.0.1:3000'],
    ['::', 'http://[::1]:3000'],
    ['127.0.0.1', 'http://127.0.0.1:3000'],
  ])('reaches %s at %s', (host, url) => {
    expect(localUrl(host, 3000)).toBe(url);
  });
});

describe('withoutPassword', () => {
  it.each([
    ['redis://user:secret@host:6379', 'redis://user:***@host:6379'],
    ['rediss://:se:cret@host:6379/1', 'rediss://:***@host:6379/1'],
    ['redis://127.0.0.1:6379', 'redis://127.0.0.1:6379'],
  ])('shows %s as %s', (url, shown) => {
    expect(withoutPassword(url)).toBe(shown);
  });
});
