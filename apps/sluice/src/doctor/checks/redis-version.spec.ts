import { checkRedisVersion } from './redis-version.js';

const judge = (fields: Record<string, string>) =>
  checkRedisVersion({ info: new Map(Object.entries(fields)), address: 'redis://here' });

describe('checkRedisVersion', () => {
  it.each(['6.2.0', '7.0.15', '10.0.1'])('takes Redis %s', (version) => {
    expect(judge({ redis_version: version })).toEqual([
      { level: 'ok', message: `Redis ${version} answers at redis://here` },
    ]);
  });

  it.each(['6.0.16', '5.0.7', '2.8'])('refuses Redis %s', (version) => {
    expect(judge({ redis_version: version })).toMatchObject([
      { level: 'fault', message: expect.stringContaining('6.2') },
    ]);
  });

  it('calls Valkey by its name', () => {
    expect(judge({ redis_version: '7.2.4', valkey_version: '8.1.0' })[0]?.message).toContain('Valkey 8.1.0');
  });

  it('says that it is not known where INFO is forbidden', () => {
    expect(judge({})).toMatchObject([{ level: 'warning' }]);
  });
});
