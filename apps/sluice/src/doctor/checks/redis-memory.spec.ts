import { checkRedisMemory } from './redis-memory.js';

const commands = { redisCli: 'redis-cli', post: '', put: '' };
const judge = (fields: Record<string, string>) => checkRedisMemory({ info: new Map(Object.entries(fields)) }, commands);

describe('checkRedisMemory', () => {
  it.each([
    ['799', 'ok'],
    ['800', 'warning'],
    ['949', 'warning'],
    ['950', 'fault'],
    ['1200', 'fault'],
  ])('of 1000 bytes, %s used: %s', (used, level) => {
    expect(judge({ used_memory: used, maxmemory: '1000' })).toMatchObject([{ level }]);
  });

  it('advises three quarters of the machine where there is no bound', () => {
    const [finding] = judge({ used_memory: '1048576', maxmemory: '0', total_system_memory: '4000' });
    expect(finding).toMatchObject({ level: 'warning', fix: 'redis-cli CONFIG SET maxmemory 3000' });
    expect(finding?.message).toContain('1.0 MB in use');
  });

  it('says that it could not be read', () => {
    expect(judge({})).toMatchObject([{ level: 'warning', message: expect.stringContaining('could not be read') }]);
  });
});
