import { unknownSettings } from './unknown-settings.js';

describe('variables that are no settings', () => {
  it.each([
    ['SLUICE_LEASE_MSS', 'did you mean SLUICE_LEASE_MS?'],
    ['SLUICE_LEASE', 'did you mean SLUICE_LEASE_MS?'],
    ['SLUICE_WORKER', 'did you mean SLUICE_WORKERS?'],
    ['SLUICE_MODEL_DIR', 'did you mean SLUICE_MODELS?'],
    ['SLUICE_device', 'did you mean SLUICE_DEVICE?'],
    ['SLUICE_COLOUR_SCHEME', 'docs/configuration.md lists them all'],
  ])('%s: %s', (name, advice) => {
    expect(unknownSettings({ [name]: 'x' })).toEqual([`${name} is not a setting: ${advice}`]);
  });

  it('are none where every variable is a setting, is empty, or is somebody else’s', () => {
    expect(
      unknownSettings({ SLUICE_LEASE_MS: '1', SLUICE_WORKERS: '2', PORT: '1', SLUICED: '1', SLUICE_X: '', HOME: '/' }),
    ).toEqual([]);
  });

  it('are named in order, and never with their values', () => {
    const sentences = unknownSettings({ SLUICE_ZZZ: 'the-secret', SLUICE_HOSTT: 'the-secret' });
    expect(sentences.map((sentence) => sentence.split(' ')[0])).toEqual(['SLUICE_HOSTT', 'SLUICE_ZZZ']);
    expect(sentences.join('\n')).not.toContain('the-secret');
  });

  it("may be a client's, unless its key was taken for the API's", () => {
    expect(unknownSettings({ SLUICE_URL: 'x', SLUICE_API_KEY: 'x', SLUICE_API_KEYS: 'a:admin:b' })).toEqual([]);
    expect(unknownSettings({ SLUICE_API_KEY: 'x' })).toEqual([expect.stringContaining('SLUICE_API_KEYS')]);
  });
});
