import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClosedLoop } from '../harness/load/closed-loop.js';
import { prepareInfer, type PreparedRequest } from '../harness/load/prepared-request.js';
import { cpuUse } from '../harness/process-cpu.js';
import { RawSession, type RawSessionPlan } from '../harness/raw-session.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage } from '../harness/stage.js';
import { percentile } from '../harness/statistics.js';

const MODEL = 'digits';
const OUTPUT = 'probabilities';
/** One client sends too little for the compilers of the API and the worker to take notice. */
const WARM_UP_CLIENTS = 16;
/** FP32, computed alone on either side: equal but for the last digits. */
const TOLERANCE = 1e-5;

interface InferBody {
  readonly inputs: readonly [RawSessionPlan['input']];
}

interface InferAnswer {
  readonly outputs: readonly [{ readonly data: readonly number[] }];
}

/** What the way through HTTP, Redis and a worker adds to one run of a small model. */
export const overhead: Scenario = {
  name: 'overhead',
  summary: 'one client, one image at a time: the whole path beside `session.run` alone',

  async measure(bench: BenchRun): Promise<Measurement> {
    const models = join(bench.root, 'models');
    const body = await readFile(join(models, MODEL, 'samples', 'seven.json'), 'utf8');
    const { inputs } = JSON.parse(body) as InferBody;
    const raw = await RawSession.open({
      model: join(models, MODEL, '1', 'model.onnx'),
      input: inputs[0],
      output: OUTPUT,
    });
    bench.cleanups.defer(() => raw.close());
    const stage = await Stage.start(bench, { models });
    bench.tell('warming up');
    const { output } = await raw.measure(bench.windowMs / 4);
    const request = imageRequest(body, output);
    await warmUp(
      new ClosedLoop(
        stage.port,
        Array.from({ length: WARM_UP_CLIENTS }, () => request),
      ),
      bench.windowMs,
    );
    const path = new ClosedLoop(stage.port, [request]);

    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const round = await measureRound(stage, path, raw, bench.windowMs);
      const { p50Ms = 0, rawP50Ms = 0 } = round.values;
      bench.tell(`${repetition} of ${bench.repetitions}: ${p50Ms.toFixed(2)} ms, raw ${rawP50Ms.toFixed(3)} ms`);
      rounds.push(round);
    }
    return {
      rounds,
      constants: {},
      conditions: [
        '1 client, closed loop, one image as JSON; in each repetition first the runs alone, then the whole path',
        'the client, the API, the worker and Redis share the cores; runs of one thread, no batching',
      ],
    };
  },
};

async function warmUp(load: ClosedLoop, ms: number): Promise<void> {
  await load.start();
  await load.window(ms);
  await load.stop();
}

async function measureRound(stage: Stage, path: ClosedLoop, raw: RawSession, ms: number): Promise<Round> {
  const alone = await raw.measure(ms / 3);
  await path.start();
  const before = stage.cpu();
  const { latenciesMs } = await path.window(ms);
  const after = stage.cpu();
  await path.stop();
  const rawP50Ms = percentile(alone.latenciesMs, 0.5);
  const p50Ms = percentile(latenciesMs, 0.5);
  return {
    values: {
      rawP50Ms,
      rawP99Ms: percentile(alone.latenciesMs, 0.99),
      p50Ms,
      p99Ms: percentile(latenciesMs, 0.99),
      overheadP50Ms: p50Ms - rawP50Ms,
    },
    cpu: cpuUse(before, after, latenciesMs.length),
  };
}

/** Right is what the run alone computes. */
function imageRequest(body: string, expected: readonly number[]): PreparedRequest {
  return prepareInfer(MODEL, body, (answer) => {
    const [output] = (JSON.parse(answer.toString('utf8')) as InferAnswer).outputs;
    return isClose(output.data, expected);
  });
}

function isClose(actual: readonly number[], expected: readonly number[]): boolean {
  return (
    actual.length === expected.length &&
    actual.every((value, index) => Math.abs(value - (expected[index] ?? Number.NaN)) <= TOLERANCE)
  );
}
