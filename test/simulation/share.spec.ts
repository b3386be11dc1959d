import fc from 'fast-check';
import { effort } from './effort.js';
import { shareCase } from './share.arbitrary.js';
import { QUIET, type Scenario } from './scenario.js';
import { Simulation } from './simulation.js';
import { expectShare } from './share.property.js';

const ALONE: Scenario = {
  ...QUIET,
  seed: 1,
  workers: 1,
  models: [{ fixedMs: 20, perRowMs: 0, maxBatchSize: 1 }],
  requests: [],
  settings: { SLUICE_PROFILE: 'off' },
};

describe('the share of a device, in virtual time', () => {
  it('follows the weights while both classes want the device, within the stated bound', async () => {
    let runs = 0;
    const property = fc.asyncProperty(shareCase, async (drawn) => {
      await expectShare(drawn);
      runs++;
    });
    await fc.assert(property, effort(0.05));
    expect(runs).toBeGreaterThan(0);
  }, 120_000);

  it('is all of the device for a class that is alone', async () => {
    const requests = [
      { atMs: 0, copies: 200, model: 0, rows: 1, width: 2, level: 1, timeoutMs: undefined, fate: 'answer' as const },
    ];
    const { runs } = await new Simulation({ ...ALONE, requests }).run();
    expect(busyPart(runs)).toBeGreaterThan(0.97);
  });

  it('is all of the device for updates that are alone', async () => {
    const { runs } = await new Simulation({ ...ALONE, profilesPerWorker: 5, requests: [] }).run();
    expect(runs.length).toBeGreaterThan(25);
    expect(busyPart(runs)).toBeGreaterThan(0.9);
  });
});

function busyPart(runs: readonly { readonly startedAt: number; readonly endedAt: number | undefined }[]): number {
  const busyMs = runs.reduce((sum, { startedAt, endedAt = startedAt }) => sum + endedAt - startedAt, 0);
  return busyMs / ((runs.at(-1)?.endedAt ?? 0) - (runs[0]?.startedAt ?? 0));
}
