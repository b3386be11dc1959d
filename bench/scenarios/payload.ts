import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptedModelFile } from '@sluice/inference-engine';
import { ClosedLoop } from '../harness/load/closed-loop.js';
import { prepareInfer, type PreparedRequest } from '../harness/load/prepared-request.js';
import { cpuUse } from '../harness/process-cpu.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { summarise } from '../harness/statistics.js';

const CLIENTS = 4;
const MODEL = 'echo';
/** A byte image of 224 x 224 in colour is 147 KiB, the same in FP32 four times that. */
const SIZES = [1_024, 16_384, 150_528, 602_112, 1_048_576, 10_485_760];
const ENCODINGS = ['json', 'binary'] as const;
const ELEMENT_BYTES = 4;

type Encoding = (typeof ENCODINGS)[number];

interface Point {
  readonly bytes: number;
  readonly encoding: Encoding;
}

const POINTS: readonly Point[] = SIZES.flatMap((bytes) => ENCODINGS.map((encoding) => ({ bytes, encoding })));

/** Answers what it is sent, at once: all that costs is the way there and back. */
const MODEL_FILE: ScriptedModelFile = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, -1] }],
  fixedMs: 0,
  perRowMs: 0,
  compute: 'echo',
};

/** What a tensor costs by its size, as JSON and as binary tensor data. */
export const payload: Scenario = {
  name: 'payload',
  summary: 'tensors of 1 KB to 10 MB there and back, as JSON and as binary data: requests/s and bytes through Redis',

  async measure(bench: BenchRun): Promise<Measurement> {
    const stage = await Stage.start(bench, { models: await writeModel(temporaryFolder(bench)) });
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const rates: Record<string, number> = {};
      const before = stage.cpu();
      let answers = 0;
      for (const point of POINTS) {
        const measured = await measurePoint(stage, point, bench.windowMs);
        rates[rpsKey(point)] = measured.rps;
        rates[redisKey(point)] = measured.redisBytesPerRequest;
        answers += measured.answers;
        bench.tell(`${repetition}, ${point.bytes} bytes as ${point.encoding}: ${measured.rps.toFixed(1)} requests/s`);
      }
      rounds.push({ values: rates, cpu: cpuUse(before, stage.cpu(), answers) });
    }
    const medians = summarise(rounds.map(({ values }) => values));
    return {
      rounds,
      constants: {},
      points: POINTS.map((point) => ({
        ...point,
        rps: medians[rpsKey(point)]?.median ?? 0,
        redisBytesPerRequest: medians[redisKey(point)]?.median ?? 0,
      })),
      conditions: [
        `${CLIENTS} clients, closed loop, one row each; the client, the API, the worker and Redis share the cores`,
        'the answer is the tensor that was sent, in the same encoding; FP32 of three decimals: in JSON 6 bytes a number',
        'bytes through Redis: in and out together, of all connections',
      ],
    };
  },
};

async function measurePoint(stage: Stage, point: Point, windowMs: number) {
  const requests = Array.from({ length: CLIENTS }, (_, client) => echoRequest(point, client));
  const before = await stage.redisTraffic();
  const load = new ClosedLoop(stage.port, requests);
  await load.start();
  await load.window(windowMs / 4);
  let answered = 0;
  let seconds = 0;
  // A window may be shorter than one answer takes.
  while (answered === 0) {
    const sample = await load.window(windowMs);
    answered += sample.latenciesMs.length;
    seconds += sample.seconds;
  }
  await load.stop();
  const traffic = (await stage.redisTraffic()) - before;
  return { rps: answered / seconds, redisBytesPerRequest: traffic / load.answered, answers: load.answered };
}

async function writeModel(models: string): Promise<string> {
  await mkdir(join(models, MODEL, '1'), { recursive: true });
  await writeFile(join(models, MODEL, 'config.json'), JSON.stringify({ platform: 'scripted' }));
  await writeFile(join(models, MODEL, '1', 'model.json'), JSON.stringify(MODEL_FILE));
  return models;
}

/** Every client sends another tensor: an answer that belongs to another one is seen. */
function echoRequest({ bytes, encoding }: Point, client: number): PreparedRequest {
  const values = Array.from({ length: bytes / ELEMENT_BYTES }, (_, index) => ((index * 7 + client) % 1000) / 1000);
  const input = { name: 'x', datatype: 'FP32', shape: [1, values.length] };
  if (encoding === 'json') {
    const data = JSON.stringify(values);
    const body = `{"inputs":[${JSON.stringify(input).slice(0, -1)},"data":${data}}]}`;
    return prepareInfer(MODEL, body, endsWith(Buffer.from(`"data":${data}}]}`)));
  }
  const raw = Buffer.from(Float32Array.from(values).buffer);
  const body = JSON.stringify({
    parameters: { binary_data_output: true },
    inputs: [{ ...input, parameters: { binary_data_size: raw.byteLength } }],
  });
  return prepareInfer(MODEL, body, endsWith(raw), raw);
}

function endsWith(tail: Buffer): PreparedRequest['isAnsweredBy'] {
  return (answer) => answer.subarray(-tail.byteLength).equals(tail);
}

function rpsKey({ bytes, encoding }: Point): string {
  return `${encoding}Rps${bytes}`;
}

function redisKey({ bytes, encoding }: Point): string {
  return `${encoding}RedisBytes${bytes}`;
}
