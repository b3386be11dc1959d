import { Cleanups } from '../harness/cleanups.js';
import { closedWindow } from '../harness/load/closed-window.js';
import type { CpuUse } from '../harness/process-cpu.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { summarise } from '../harness/statistics.js';
import { sumRequest, writeSumModel, type SumModel } from '../harness/sum-model.js';

const FLEETS = [1, 2, 4, 8];
/** A request costs the cores about half a millisecond: eight workers at their ideal would want about one of them. */
const RUN_MS = 64;
const MAX_BATCH = 8;
const MODEL: SumModel = { name: 'sixty-four-ms', fixedMs: RUN_MS, perRowMs: 0, maxBatch: MAX_BATCH };
const IDEAL_RPS = (MAX_BATCH * 1000) / RUN_MS;
/** The batch that runs, the next one, and one on its way. */
const CLIENTS_PER_WORKER = 3 * MAX_BATCH;

/** Whether twice the devices do twice the work, and what a request then costs. */
export const scale: Scenario = {
  name: 'scale',
  summary: `${FLEETS.join(', ')} workers whose devices do ${IDEAL_RPS} requests/s each: requests/s beside the ideal, CPU per request`,
  defaults: { repetitions: 3, seconds: 4 },

  async measure(bench: BenchRun): Promise<Measurement> {
    const models = temporaryFolder(bench);
    await writeSumModel(models, MODEL);
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const fleets: Round[] = [];
      for (const workers of FLEETS) {
        const fleet = await measureFleet(bench, models, workers);
        const rps = fleet.values[rpsKey(workers)] ?? 0;
        bench.tell(`${repetition} of ${bench.repetitions}: ${workers} workers, ${Math.round(rps)} requests/s`);
        fleets.push(fleet);
      }
      rounds.push({ values: Object.assign({}, ...fleets.map(({ values }) => values)), cpu: fleets.at(-1)?.cpu });
    }
    const medians = summarise(rounds.map(({ values }) => values));
    return {
      rounds,
      constants: {},
      points: FLEETS.map((workers) => ({
        workers,
        rps: medians[rpsKey(workers)]?.median ?? 0,
        idealRps: workers * IDEAL_RPS,
        cpuMsPerRequest: medians[cpuKey(workers)]?.median ?? 0,
      })),
      conditions: [
        `${CLIENTS_PER_WORKER} clients for each worker, closed loop, one row each; a run takes ${RUN_MS} ms for up to ${MAX_BATCH} rows`,
        'one API, one Redis; the client shares the cores with them and with all workers, the devices take none',
        'CPU per request: the API, all workers and Redis together; by process: of the largest fleet',
        'what they do every second anyway (presence, sweeps) is in it: a small fleet has fewer requests to share it',
      ],
    };
  },
};

/** A fleet of its own, which is gone afterwards: idle workers would cost the next one. */
async function measureFleet(bench: BenchRun, models: string, workers: number): Promise<Round> {
  const cleanups = new Cleanups();
  bench.cleanups.defer(() => cleanups.run());
  const stage = await Stage.start({ ...bench, cleanups }, { models, workers });
  const requests = Array.from({ length: workers * CLIENTS_PER_WORKER }, (_, client) => sumRequest(MODEL.name, client));
  await closedWindow(stage, requests, bench.windowMs);
  const { rps, cpu } = await closedWindow(stage, requests, bench.windowMs);
  await cleanups.run();
  return { values: { [rpsKey(workers)]: rps, ...(cpu && { [cpuKey(workers)]: serverCpuMs(cpu) }) }, cpu };
}

function serverCpuMs({ msPerRequest }: CpuUse): number {
  const { api = 0, worker = 0, redis = 0 } = msPerRequest;
  return api + worker + redis;
}

function rpsKey(workers: number): string {
  return `rps${workers}Workers`;
}

function cpuKey(workers: number): string {
  return `cpuMs${workers}Workers`;
}
