import { inferenceQueue, queueOwner } from '@sluice/contracts';
import type { InferenceEngine, LoadedModel, PackedBatch } from '@sluice/inference-engine';
import { modelName, type Scenario } from '../scenario.js';
import { divert } from '../world/divert.js';
import { ownersOf, type SimulatedRequest } from '../world/request.js';
import type { Judgement } from './judgement.js';
import type { KnownJob } from './lease-book.js';

/** A run on a device, as the device saw it. */
export interface WitnessedRun {
  readonly device: string;
  /** Of the model, or of updates when no request is in it. */
  readonly model: string;
  readonly requests: readonly SimulatedRequest[];
  /** How many of them belong to another worker. */
  readonly stolen: number;
  readonly startedAt: number;
  /** Undefined while it runs, and for ever when its process dies in it. */
  endedAt: number | undefined;
}

export interface RunEvents {
  readonly onStart: (run: WitnessedRun) => void;
  readonly onEnd: (run: WitnessedRun) => void;
}

/** Looks at every batch when it starts on a device: whose rows are in it, and whether they belong together. */
export class DeviceWitness {
  readonly runs: WitnessedRun[] = [];

  /** @param slackMs how far a worker's idea of the queue's clock may be off */
  constructor(
    private readonly scenario: Scenario,
    private readonly requests: ReadonlyMap<number, SimulatedRequest>,
    private readonly jobOf: (request: SimulatedRequest) => KnownJob | undefined,
    private readonly now: () => number,
    private readonly slackMs: number,
    private readonly judgement: Judgement,
    private readonly events: RunEvents,
  ) {}

  /** The engine of one process, watched. */
  around(engine: InferenceEngine, device: string): InferenceEngine {
    let running: WitnessedRun | undefined;
    return divert(engine, {
      load: async (source) => {
        const model = await engine.load(source);
        const run: LoadedModel['run'] = async (batch) => {
          const started = this.start(device, source.ref.model, batch);
          if (running)
            this.judgement.violated('one token', `${device} runs ${source.ref.model} while it runs ${running.model}`);
          running = started;
          this.events.onStart(started);
          try {
            return await model.run(batch);
          } finally {
            running = undefined;
            started.endedAt = this.now();
            this.judgement.trace.note(device, 'run ended');
            this.events.onEnd(started);
          }
        };
        return divert(model, { run });
      },
    });
  }

  private start(device: string, model: string, { inputs, buffer }: PackedBatch): WitnessedRun {
    const [input] = inputs;
    if (!input) throw new Error('a batch without inputs');
    const [, width = 1] = input.shape;
    const owners = ownersOf(new Int32Array(buffer, input.byteOffset, input.byteLength / 4), width);
    const requests = this.whole(owners, device).filter(({ number }) => number > 0);
    const stolen = requests.filter((request) => this.isStolen(request)).length;
    const run = { device, model, requests, stolen, startedAt: this.now(), endedAt: undefined };
    this.runs.push(run);
    const numbers = requests.map(({ number }) => number);
    this.judgement.trace.note(device, 'run', { model, rows: owners.length, requests: numbers });
    this.check(run, width);
    return run;
  }

  private isStolen(request: SimulatedRequest): boolean {
    const job = this.jobOf(request);
    const owner = job && queueOwner(job.queue);
    return owner !== undefined && job?.hold?.lease.holder !== owner;
  }

  /** The requests whose rows these are, each with all of its rows and in order. */
  private whole(
    owners: readonly { readonly number: number; readonly row: number }[],
    device: string,
  ): SimulatedRequest[] {
    const found: SimulatedRequest[] = [];
    let left = 0;
    for (const { number, row } of owners) {
      if (number === 0) continue;
      const request = this.requests.get(number);
      if (request && left === 0 && row === 0) {
        found.push(request);
        left = request.rows;
      }
      const current = found.at(-1);
      if (left === 0 || current?.number !== number || row !== current.rows - left)
        this.judgement.violated('pure batches', `row ${row} of request ${number} is out of place on ${device}`);
      left--;
    }
    if (left > 0) this.judgement.violated('pure batches', `the last request on ${device} is cut short`);
    return found;
  }

  private check({ device, model, requests }: WitnessedRun, width: number): void {
    for (const request of requests) {
      const { number } = request;
      if (modelName(request.model) !== model)
        this.judgement.violated('pure batches', `request ${number} for ${modelName(request.model)} runs on ${model}`);
      if (request.width !== width)
        this.judgement.violated(
          'pure batches',
          `request ${number} of width ${request.width} is in a batch of ${width}`,
        );
      const job = this.jobOf(request);
      if (job && this.now() > job.expiresAt + this.slackMs)
        this.judgement.violated('no expired runs', `request ${number} runs on ${device} after its deadline`);
    }
    const rows = requests.reduce((sum, request) => sum + request.rows, 0);
    const limit = Math.max(1, this.scenario.models[requests[0]?.model ?? 0]?.maxBatchSize ?? 0);
    if (requests.length > 1 && rows > limit)
      this.judgement.violated('pure batches', `a batch of ${rows} rows on ${device}, the limit is ${limit}`);
  }
}

export function queueOf({ model }: { readonly model: number }): string {
  return inferenceQueue({ model: modelName(model), version: '1' });
}
