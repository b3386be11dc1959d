import { availableParallelism } from 'node:os';
import { compileApiConfig, compileWorkerConfig } from './config.js';
import { configurationTable } from './configuration-table.js';

describe('the environment', () => {
  it('compiles to defaults that are safe: loopback, bounded, no fallback of the device', () => {
    const api = compileApiConfig({});
    expect(api).toMatchObject({ host: '127.0.0.1', port: 3000, limits: { maxInputs: 64 } });
    expect(compileWorkerConfig({}).engine).toMatchObject({ device: 'cpu', fallback: 'none', allowSpinning: false });
  });

  it('reads numbers and flags, and takes an empty variable for one that is not set', () => {
    expect(compileApiConfig({ PORT: '8080', SLUICE_HOST: '' })).toMatchObject({ port: 8080, host: '127.0.0.1' });
    expect(compileWorkerConfig({ SLUICE_SPINNING: 'true', SLUICE_MAX_BATCH: '8' })).toMatchObject({
      maxBatch: 8,
      engine: { allowSpinning: true },
    });
  });

  it('counts the processes of an API: one, as many as it is told, or one for each core', () => {
    expect(compileApiConfig({}).processes).toBe(1);
    expect(compileApiConfig({ SLUICE_API_PROCESSES: '3' }).processes).toBe(3);
    expect(compileApiConfig({ SLUICE_API_PROCESSES: 'auto' }).processes).toBe(availableParallelism());
  });

  it.each([
    [{ PORT: 'many' }, 'PORT'],
    [{ PORT: '70000' }, 'PORT'],
    [{ REDIS_URL: 'http://localhost' }, 'REDIS_URL'],
    [{ SLUICE_API_PROCESSES: '0' }, 'SLUICE_API_PROCESSES'],
    [{ SLUICE_LEASE_MS: '-1' }, 'SLUICE_LEASE_MS'],
    [{ SLUICE_PREFIX: 'a:b' }, 'SLUICE_PREFIX'],
    [{ SLUICE_PREFIX: '{a' }, 'SLUICE_PREFIX'],
  ])('refuses %j, naming the variable', (environment, name) => {
    expect(() => compileApiConfig(environment)).toThrow(name);
  });

  it('lets a container bind every address without keys only where its port is published on this machine', () => {
    const inside = { SLUICE_HOST: '0.0.0.0' };
    expect(compileApiConfig({ ...inside, SLUICE_PUBLISHED_HOST: '127.0.0.1' }).host).toBe('0.0.0.0');
    expect(() => compileApiConfig(inside)).toThrow('SLUICE_HOST is 0.0.0.0');
    expect(() => compileApiConfig({ ...inside, SLUICE_PUBLISHED_HOST: '192.0.2.1' })).toThrow(
      'SLUICE_PUBLISHED_HOST is 192.0.2.1',
    );
    // Who says that it is published wants keys, whatever the process itself binds.
    expect(() => compileApiConfig({ SLUICE_PUBLISHED_HOST: '0.0.0.0' })).toThrow('set SLUICE_API_KEYS');
  });

  it('names every variable that is wrong at once', () => {
    expect(() => compileApiConfig({ PORT: 'x', SLUICE_MAX_INPUTS: '0' })).toThrow(/PORT[\s\S]*SLUICE_MAX_INPUTS/);
  });
});

it('docs/configuration.md says what the schema says', async () => {
  await expect(configurationTable()).toMatchFileSnapshot('../../../docs/configuration.md');
});
