import { deviceUse, LEDGER_ENVIRONMENT, readRuns } from '../harness/device-ledger.js';
import { ClosedLoop } from '../harness/load/closed-loop.js';
import { cpuUse } from '../harness/process-cpu.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { percentile } from '../harness/statistics.js';
import { sumRequest, writeSumModel, type SumModel } from '../harness/sum-model.js';

const CLIENTS = 128;
const RUN_MS = 10;
const MAX_BATCH = 32;

/** A run costs the same whatever its size, as on a GPU that is far from full. */
const MODEL: SumModel = { name: 'ten-ms', fixedMs: RUN_MS, perRowMs: 0, maxBatch: MAX_BATCH };

/** How busy many clients keep one device, when all that stands between them and it is Sluice. */
export const device: Scenario = {
  name: 'device',
  summary: `${CLIENTS} clients on one device that takes ${RUN_MS} ms for a batch of up to ${MAX_BATCH}: requests/s against the ceiling`,

  async measure(bench: BenchRun): Promise<Measurement> {
    const models = temporaryFolder(bench);
    await writeSumModel(models, MODEL);
    const stage = await Stage.start(bench, { models, workerEnvironment: LEDGER_ENVIRONMENT });
    const load = new ClosedLoop(
      stage.port,
      Array.from({ length: CLIENTS }, (_, client) => sumRequest(MODEL.name, client)),
    );
    await load.start();
    bench.tell('warming up');
    await load.window(bench.windowMs);
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const round = await measureWindow(stage, load, bench.windowMs);
      bench.tell(`${repetition} of ${bench.repetitions}: ${Math.round(round.values['rps'] ?? 0)} requests/s`);
      rounds.push(round);
    }
    await load.stop();
    return {
      rounds,
      constants: { ceilingRps: (MAX_BATCH * 1000) / RUN_MS },
      conditions: [
        `${CLIENTS} clients, closed loop, one row each; the client, the API, the worker and Redis share the cores`,
        `for comparison, elsewhere on such a machine: LitServe 1,480 requests/s at p99 218 ms, Ray Serve 331 at 529 ms`,
      ],
    };
  },
};

async function measureWindow(stage: Stage, load: ClosedLoop, ms: number): Promise<Round> {
  const from = Date.now();
  const before = stage.cpu();
  const { latenciesMs, seconds } = await load.window(ms);
  const after = stage.cpu();
  const to = Date.now();
  const { runs, rows, busyMs } = deviceUse(readRuns(stage.worker), from, to);
  return {
    values: {
      rps: latenciesMs.length / seconds,
      p50Ms: percentile(latenciesMs, 0.5),
      p99Ms: percentile(latenciesMs, 0.99),
      meanBatch: rows / runs,
      deviceBusyPercent: (100 * busyMs) / (to - from),
    },
    cpu: cpuUse(before, after, latenciesMs.length),
  };
}
