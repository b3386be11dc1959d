import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectPeer } from '../harness/direct-peer.js';
import { closedWindow } from '../harness/load/closed-window.js';
import { prepareInfer, type PreparedRequest } from '../harness/load/prepared-request.js';
import { answersWith } from '../harness/load/right-answer.js';
import { NaivePeer } from '../harness/naive-peer.js';
import { RawSession, type RawInput } from '../harness/raw-session.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage } from '../harness/stage.js';
import { percentile } from '../harness/statistics.js';
import type { Target } from '../harness/target.js';

const MODEL = 'digits';
const OUTPUT = 'probabilities';
/** One client sends too little for the compilers of the processes to take notice. */
const WARM_UP_CLIENTS = 16;
/** FP32, computed alone on every side: equal but for the last digits. */
const TOLERANCE = 1e-5;

interface InferBody {
  readonly inputs: readonly [RawInput & { readonly name: string }];
}

/** All that is measured beside each other. */
interface Sides {
  readonly raw: RawSession;
  readonly image: RawInput;
  readonly ours: Target;
  readonly naive: Target;
  readonly direct: Target;
  readonly request: PreparedRequest;
}

/** What the way through HTTP, Redis and a worker adds to one run of a small model. */
export const overhead: Scenario = {
  name: 'overhead',
  summary: 'one client, one image at a time: the whole path beside `session.run` alone, and beside both peers',

  async measure(bench: BenchRun): Promise<Measurement> {
    const sides = await setUp(bench);
    bench.tell('warming up');
    const crowd = Array.from({ length: WARM_UP_CLIENTS }, () => sides.request);
    for (const target of [sides.ours, sides.naive, sides.direct]) await closedWindow(target, crowd, bench.windowMs);

    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const round = await measureRound(sides, bench.windowMs);
      const { p50Ms = 0, rawP50Ms = 0, naiveP50Ms = 0, directP50Ms = 0 } = round.values;
      const [ours, naive, direct] = [p50Ms, naiveP50Ms, directP50Ms].map((ms) => ms.toFixed(2));
      bench.tell(
        `${repetition} of ${bench.repetitions}: ${ours} ms, naive ${naive}, direct ${direct}, raw ${rawP50Ms.toFixed(3)}`,
      );
      rounds.push(round);
    }
    return {
      rounds,
      constants: {},
      conditions: [
        '1 client, closed loop, one image as JSON; in each repetition the runs alone, direct, naive, then the whole path',
        'naive: Nest and @nestjs/bullmq, waitUntilFinished; direct: Fastify with session.run in its handler, no queue',
        'the client and the processes measured share the cores; runs of one thread, no batching',
      ],
    };
  },
};

async function setUp(bench: BenchRun): Promise<Sides> {
  const models = join(bench.root, 'models');
  const model = join(models, MODEL, '1', 'model.onnx');
  const body = await readFile(join(models, MODEL, 'samples', 'seven.json'), 'utf8');
  const [image] = (JSON.parse(body) as InferBody).inputs;
  const raw = await RawSession.open({ model, input: image.name, output: OUTPUT });
  bench.cleanups.defer(() => raw.close());
  // Right is what the run alone computes.
  const { output } = await raw.measure(image, bench.windowMs / 4);
  return {
    raw,
    image,
    ours: await Stage.start(bench, { models }),
    naive: await NaivePeer.start(bench, model),
    direct: await DirectPeer.start(bench, model),
    request: prepareInfer(MODEL, body, answersWith(output, TOLERANCE)),
  };
}

async function measureRound({ raw, image, ours, naive, direct, request }: Sides, ms: number): Promise<Round> {
  const alone = await raw.measure(image, ms / 3);
  const byDirect = await closedWindow(direct, [request], ms);
  const byNaive = await closedWindow(naive, [request], ms);
  const { latenciesMs, cpu } = await closedWindow(ours, [request], ms);
  const rawP50Ms = percentile(alone.latenciesMs, 0.5);
  const p50Ms = percentile(latenciesMs, 0.5);
  return {
    values: {
      rawP50Ms,
      rawP99Ms: percentile(alone.latenciesMs, 0.99),
      p50Ms,
      p99Ms: percentile(latenciesMs, 0.99),
      overheadP50Ms: p50Ms - rawP50Ms,
      naiveP50Ms: percentile(byNaive.latenciesMs, 0.5),
      naiveP99Ms: percentile(byNaive.latenciesMs, 0.99),
      directP50Ms: percentile(byDirect.latenciesMs, 0.5),
      directP99Ms: percentile(byDirect.latenciesMs, 0.99),
    },
    cpu,
  };
}
