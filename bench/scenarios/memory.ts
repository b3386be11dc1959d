import { Cleanups } from '../harness/cleanups.js';
import { closedWindow } from '../harness/load/closed-window.js';
import type { PreparedRequest } from '../harness/load/prepared-request.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { temporaryFolder } from '../harness/stage.js';
import { median } from '../harness/statistics.js';
import { MemoryStand } from './memory/memory-stand.js';
import { memoryWindow, type MemoryLoad, type MemoryWindow } from './memory/memory-window.js';
import { wideSumRequest, writeWideSumModel } from './memory/wide-sum-model.js';

const CLIENTS = 64;
const LOAD_SHARE = 0.6;
/** A byte image of 224 x 224 in colour has 147 KiB; the small row has 16. */
const MODELS = {
  image: { name: 'image-sum', width: 37_632, runMs: 5 },
  small: { name: 'small-sum', width: 4_096, runMs: 5 },
} as const;
const ELEMENT_BYTES = 4;

interface Sides {
  readonly pooled: MemoryStand;
  readonly plain: MemoryStand;
}

/** What it is worth that input buffers are used again. */
export const memory: Scenario = {
  name: 'memory',
  summary: 'the worker with its pool of buffers beside the same worker that allocates plainly: garbage collection, p99',
  // The spread of p99 is that over ten windows.
  defaults: { repetitions: 10, seconds: 4 },

  async measure(bench: BenchRun): Promise<Measurement> {
    // Fresh workers for each size: what large buffers did to the heap would last.
    const images = await measureSize(bench, 'image');
    const smalls = await measureSize(bench, 'small');
    const rounds = images.windows.map((windows, index): Round => {
      const small = smalls.windows[index];
      return {
        values: { ...valuesOf(windows), ...(small && prefixed('small', valuesOf(small))) },
        cpu: windows.pooled.cpu,
      };
    });
    return {
      rounds,
      constants: {
        offeredRps: images.offeredRps,
        smallOfferedRps: smalls.offeredRps,
        spread: relativeSpread(rounds, 'p99Ms'),
        spreadNoPool: relativeSpread(rounds, 'p99NoPoolMs'),
        smallSpread: relativeSpread(rounds, 'smallP99Ms'),
        smallSpreadNoPool: relativeSpread(rounds, 'smallP99NoPoolMs'),
      },
      points: rounds.map(({ values: { gcMsPer10k = 0, gcMsPer10kNoPool = 0, p99Ms = 0, p99NoPoolMs = 0 } }, index) => {
        return { window: index + 1, gcMsPer10k, gcMsPer10kNoPool, p99Ms, p99NoPoolMs };
      }),
      conditions: [
        `one row a request as binary tensor data: images of ${kilobytes('image')} KB, small rows of ${kilobytes('small')} KB; 5 ms a batch`,
        `Poisson arrivals at ${LOAD_SHARE * 100} % of the capacity, the same for both sides, which take turns and begin in turns`,
        'each side has a Redis and an API of its own; the client shares the cores',
        'GC: how long the worker’s main thread was held, by its own count; spread: greatest less least p99 of a window, by the median',
      ],
    };
  },
};

type Windows = Readonly<Record<keyof Sides, MemoryWindow>>;

interface MeasuredSize {
  readonly offeredRps: number;
  /** One for each repetition. */
  readonly windows: readonly Windows[];
}

async function measureSize(bench: BenchRun, size: keyof typeof MODELS): Promise<MeasuredSize> {
  const cleanups = new Cleanups();
  bench.cleanups.defer(() => cleanups.run());
  const models = temporaryFolder(bench);
  const model = MODELS[size];
  await writeWideSumModel(models, model);
  const start = (buffers: keyof Sides) =>
    MemoryStand.start({ ...bench, cleanups }, { buffers, models, model: model.name });
  const sides = { pooled: await start('pooled'), plain: await start('plain') };
  const requests = Array.from({ length: CLIENTS }, (_, client) => wideSumRequest(model, client));
  bench.tell(`${size}: warming up, and measuring the capacity`);
  const offeredRps = LOAD_SHARE * (await capacity(bench, sides, requests));
  const windows: Windows[] = [];
  for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
    const order = repetition % 2 === 0 ? (['plain', 'pooled'] as const) : (['pooled', 'plain'] as const);
    const load = { requests, ratePerSecond: offeredRps, ms: bench.windowMs, seed: repetition };
    const measured = await measureBoth(sides, order, load);
    bench.tell(`${size}, ${repetition} of ${bench.repetitions}: ${describe(measured)}`);
    windows.push(measured);
  }
  await cleanups.run();
  return { offeredRps, windows };
}

/** What the slower side can do: measured in the second turn, since the first one warms up. */
async function capacity({ windowMs }: BenchRun, sides: Sides, requests: readonly PreparedRequest[]): Promise<number> {
  for (const side of [sides.pooled, sides.plain]) await closedWindow(side, requests, windowMs);
  const pooled = await closedWindow(sides.pooled, requests, windowMs);
  const plain = await closedWindow(sides.plain, requests, windowMs);
  return Math.min(pooled.rps, plain.rps);
}

async function measureBoth(
  sides: Sides,
  [first, second]: readonly [keyof Sides, keyof Sides],
  load: MemoryLoad,
): Promise<Windows> {
  const windows: Partial<Record<keyof Sides, MemoryWindow>> = {};
  windows[first] = await memoryWindow(sides[first], load);
  windows[second] = await memoryWindow(sides[second], load);
  return windows as Windows;
}

function valuesOf({ pooled, plain }: Windows): Readonly<Record<string, number>> {
  return {
    gcMsPer10k: pooled.gcMsPer10k,
    gcMsPer10kNoPool: plain.gcMsPer10k,
    // A short window may see no collection at all.
    gcTimeRatio: plain.gcMsPer10k > 0 ? pooled.gcMsPer10k / plain.gcMsPer10k : 1,
    collectionsPer10k: pooled.collectionsPer10k,
    collectionsPer10kNoPool: plain.collectionsPer10k,
    p50Ms: pooled.p50Ms,
    p50NoPoolMs: plain.p50Ms,
    p99Ms: pooled.p99Ms,
    p99NoPoolMs: plain.p99Ms,
    ...(pooled.cpu && { workerCpuMs: pooled.cpu.msPerRequest['worker'] ?? 0 }),
    ...(plain.cpu && { workerCpuNoPoolMs: plain.cpu.msPerRequest['worker'] ?? 0 }),
  };
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`${prefix}${key.charAt(0).toUpperCase()}${key.slice(1)}`, value]),
  );
}

function describe({ pooled, plain }: Windows): string {
  const each = ({ gcMsPer10k, p99Ms }: MemoryWindow) => `GC ${Math.round(gcMsPer10k)} ms, p99 ${p99Ms.toFixed(1)} ms`;
  return `${each(pooled)}, plain ${each(plain)}`;
}

function kilobytes(size: keyof typeof MODELS): number {
  return Math.round((MODELS[size].width * ELEMENT_BYTES) / 1000);
}

function relativeSpread(rounds: readonly Round[], key: string): number {
  const values = rounds.map(({ values: { [key]: value = Number.NaN } }) => value);
  return (Math.max(...values) - Math.min(...values)) / median(values);
}
