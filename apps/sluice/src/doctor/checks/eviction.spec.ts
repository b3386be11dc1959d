import { checkEviction } from './eviction.js';

const commands = { redisCli: 'redis-cli -u redis://here', post: '', put: '' };
const judge = (fields: Record<string, string>) => checkEviction({ info: new Map(Object.entries(fields)) }, commands);

describe('checkEviction', () => {
  it('wants noeviction', () => {
    expect(judge({ maxmemory_policy: 'noeviction' })).toMatchObject([{ level: 'ok' }]);
  });

  // The bytes of jobs expire, so that they are among what a volatile policy takes.
  it.each(['allkeys-lru', 'volatile-ttl'])('refuses %s, with the command that changes it', (policy) => {
    const [finding] = judge({ maxmemory_policy: policy });
    expect(finding).toMatchObject({ level: 'fault', message: expect.stringContaining(policy) });
    expect(finding?.fix).toMatch(/^redis-cli -u redis:\/\/here CONFIG SET maxmemory-policy noeviction /);
  });

  it('says what to look for where it cannot be read', () => {
    expect(judge({})).toMatchObject([{ level: 'warning', fix: expect.stringContaining('`maxmemory-policy`') }]);
  });
});
