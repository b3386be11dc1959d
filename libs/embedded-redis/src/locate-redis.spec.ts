import { parseServerVersion } from './locate-redis.js';

describe('parseServerVersion', () => {
  it.each([
    ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1', 'Redis 7.0.15'],
    ['Redis server v=6.2.0 sha=0', 'Redis 6.2.0'],
    ['Valkey server v=8.1.1 sha=0', 'Valkey 8.1.1'],
  ])('reads %s', (text, version) => {
    expect(parseServerVersion(text)).toBe(version);
  });

  it('refuses a server that BullMQ does not support', () => {
    expect(parseServerVersion('Redis server v=6.0.16 sha=0')).toBeUndefined();
    expect(parseServerVersion('Redis server v=5.0.7 sha=0')).toBeUndefined();
  });

  it('refuses what is no server', () => {
    expect(parseServerVersion('redis-cli 7.0.15')).toBeUndefined();
    expect(parseServerVersion('')).toBeUndefined();
  });
});
