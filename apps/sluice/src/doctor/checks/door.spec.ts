import { compileApiConfig } from '@sluice/config';
import { checkDoor } from './door.js';

const judge = (environment: Record<string, string>) => checkDoor({ api: compileApiConfig(environment) });

describe('checkDoor', () => {
  it('takes an API without keys that only this machine reaches', () => {
    expect(judge({})).toMatchObject([{ level: 'ok', message: expect.stringContaining('127.0.0.1') }]);
  });

  it('takes one with keys', () => {
    const keys = 'ops:admin:0123456789abcdef;shop:infer:fedcba9876543210';
    const [finding] = judge({ SLUICE_HOST: '0.0.0.0', SLUICE_API_KEYS: keys });
    expect(finding).toMatchObject({ level: 'ok', message: expect.stringContaining('2 keys, 1 of them') });
    expect(finding?.message).not.toContain('0123');
  });

  it('warns when nobody could administer it', () => {
    expect(judge({ SLUICE_API_KEYS: 'shop:infer:fedcba9876543210' })).toMatchObject([{ level: 'warning' }]);
  });

  it('leaves an API that would not start to the check of the settings', () => {
    expect(checkDoor({ api: 'SLUICE_HOST is 0.0.0.0' })).toEqual([]);
  });
});
