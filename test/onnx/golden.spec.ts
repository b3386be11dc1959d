import { SystemClock } from '@sluice/clock';
import type { GoldenCheck, GoldenItem, GoldenResult } from '@sluice/contracts';
import { seededRandom } from '@sluice/onnx-writer';
import { GoldenRun } from '../../apps/worker/src/update/stages/golden-run.js';
import { SLICE_MS, VersionHarness } from '../../apps/worker/src/update/stages/version.harness.js';
import { ONNX_VERSIONS } from '../system/fixtures/bad-versions.js';
import { EngineFixture } from './engine-fixture.js';

const CHECK: GoldenCheck = { digest: '', absolute: 1e-4, relative: 1e-4, maxWrong: 0 };
const ITEMS = 1_000;

/** Golden inputs on the runtime itself: what an equal version differs in is no fault, what a worse one does is one. */
describe('golden inputs', () => {
  let fixture: EngineFixture;
  let live: VersionHarness;
  beforeAll(async () => {
    fixture = await EngineFixture.create();
    // In other batches than the candidates, whose kernels add up in another order.
    live = await load('sound', 3);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  async function load(name: keyof typeof ONNX_VERSIONS, maxBatchSize = 32): Promise<VersionHarness> {
    return new VersionHarness(await fixture.load(ONNX_VERSIONS[name]().files['model.onnx']), maxBatchSize);
  }

  async function judge(candidate: VersionHarness, check: GoldenCheck | undefined, seed = 1): Promise<GoldenResult> {
    const run = new GoldenRun({
      items: itemsOf(seed),
      candidate: candidate.answers,
      live: live.answers,
      check,
      sliceMs: SLICE_MS,
      clock: new SystemClock(),
      onProgress: () => {},
    });
    const slices = run.slices();
    while (!(await slices.next()).done);
    return run.result();
  }

  it('pass an equal version, 20 times of 20', async () => {
    const equal = await load('equal');
    for (let seed = 1; seed <= 20; seed++)
      expect(await judge(equal, CHECK, seed)).toMatchObject({ items: ITEMS, wrong: 0 });
    expect(Math.max(...equal.runs)).toBe(32);
    expect(Math.max(...live.runs)).toBe(3);
  });

  it('fail a version that is wrong on 5 of 100', async () => {
    await expect(judge(await load('wrong'), CHECK)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(
        /^(3|4|5|6|7)\d of 1000 inputs are answered wrongly, 0 may be\. inputs\[\d+\]: y\[0, 0\] is /,
      ),
    });
  });

  it('fail a version that answers no numbers, whoever chose the inputs', async () => {
    const all = '1000 of 1000 inputs are answered wrongly, 0 may be. inputs[0]: y[0, 0] is NaN';
    const notNumbers = await load('notNumbers');
    await expect(judge(notNumbers, CHECK)).rejects.toThrow(all);
    await expect(judge(notNumbers, undefined)).rejects.toThrow(all);
    expect(await judge(await load('wrong'), undefined)).toMatchObject({ wrong: 0 });
  });
});

function itemsOf(seed: number): GoldenItem[] {
  const random = seededRandom(seed);
  return Array.from({ length: ITEMS }, () => {
    const bytes = new Uint8Array(Float32Array.from({ length: 4 }, random).buffer);
    return { rows: 1, inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], bytes }] };
  });
}
