import { checkRedisRole } from './redis-role.js';

const judge = (fields: Record<string, string>) => checkRedisRole({ info: new Map(Object.entries(fields)) });

describe('checkRedisRole', () => {
  it('takes a primary, with replicas or without', () => {
    expect(judge({ role: 'master' })).toMatchObject([{ level: 'ok' }]);
    expect(judge({ role: 'master', slave0: 'ip=10.0.0.2,port=6379,state=online,offset=14,lag=1' })).toEqual([
      { level: 'ok', message: 'it is the primary of 1 replica' },
    ]);
  });

  it('refuses a replica, naming its primary', () => {
    expect(judge({ role: 'slave', master_host: '10.0.0.1', master_port: '6380' })).toEqual([
      { level: 'fault', message: 'Redis is a replica, which takes no writes', fix: 'REDIS_URL=redis://10.0.0.1:6380' },
    ]);
  });

  it.each(['state=online,offset=14,lag=11', 'state=wait_bgsave,offset=0,lag=0'])(
    'warns of a replica with %s',
    (state) => {
      const [, second] = judge({ role: 'master', slave0: `ip=10.0.0.2,port=6379,${state}` });
      expect(second).toMatchObject({ level: 'warning', message: expect.stringContaining('10.0.0.2:6379') });
    },
  );

  it('refuses a cluster', () => {
    expect(judge({ role: 'master', cluster_enabled: '1' })).toMatchObject([{ level: 'fault' }]);
  });
});
