import { compileApiConfig, compileWorkerConfig } from '@sluice/config';
import { checkSettings } from './settings.js';

const right = { api: compileApiConfig({}), worker: compileWorkerConfig({}), unknown: [] };

describe('checkSettings', () => {
  it('is content with settings that are right', () => {
    expect(checkSettings(right)).toMatchObject([{ level: 'ok' }]);
  });

  it('says once, on one line, what both processes would refuse', () => {
    const findings = checkSettings({ ...right, api: 'not right:\n  PORT: x', worker: 'not right:\n  PORT: x' });
    expect(findings).toMatchObject([{ level: 'fault', message: 'not right: PORT: x' }]);
  });

  it('warns of what is no setting', () => {
    expect(checkSettings({ ...right, unknown: ['SLUICE_X is not a setting'] })).toEqual([
      { level: 'warning', message: 'SLUICE_X is not a setting', fix: 'unset SLUICE_X' },
    ]);
  });
});
