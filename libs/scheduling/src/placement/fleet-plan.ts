import { copiesNeeded, type CopiesNeeded } from './copies-needed.js';
import type { Fleet, ModelCopy, ModelNeed } from './fleet.js';
import { spreadWork } from './spread-work.js';

export interface Placement {
  readonly workerId: string;
  readonly queue: string;
}

/** What is to be done: on each worker its unloads first, then its load. */
export interface Assignment {
  readonly loads: readonly Placement[];
  readonly unloads: readonly Placement[];
}

/** A worker as it will be. */
export interface PlannedWorker {
  readonly id: string;
  readonly copies: ReadonlyMap<string, ModelCopy>;
  /** Below 0 where it holds more than it may. */
  readonly freeBytes: number;
  /** One at a time: loads beside each other are each slower, and the first is there later. */
  readonly isLoading: boolean;
  readonly cannotLoad: readonly string[];
}

export interface ModelInDemand extends CopiesNeeded {
  readonly need: ModelNeed;
}

/** Who is busy is seen from the work of so many seconds, which is what arrives in them and what waits now. */
const HORIZON_S = 5;

/**
 * The fleet as it will be after what was decided so far. It is never changed: each decision makes another. Its order is
 * that of names, whatever order the fleet was listed in.
 */
export class FleetPlan {
  private spread: ReadonlyMap<string, number> | undefined;

  private constructor(
    readonly workers: readonly PlannedWorker[],
    private readonly models: ReadonlyMap<string, ModelInDemand>,
    private readonly fleet: Fleet,
    readonly assignment: Assignment,
  ) {}

  static of(fleet: Fleet): FleetPlan {
    const planned = fleet.workers.map((worker) => ({
      id: worker.id,
      copies: new Map(worker.models.map((copy) => [copy.model, copy])),
      freeBytes: worker.models.reduce((free, { bytes }) => free - bytes, worker.budgetBytes),
      isLoading: worker.models.some(({ state }) => state === 'loading'),
      cannotLoad: worker.cannotLoad ?? [],
    }));
    const inDemand = fleet.models.flatMap((need) => {
      const needed = copiesNeeded(need);
      return needed ? [{ need, ...needed }] : [];
    });
    return new FleetPlan(
      planned.toSorted((one, other) => byName(one.id, other.id)),
      new Map(
        inDemand
          .toSorted((one, other) => byName(one.need.queue, other.need.queue))
          .map((model) => [model.need.queue, model]),
      ),
      fleet,
      { loads: [], unloads: [] },
    );
  }

  get inDemand(): ModelInDemand[] {
    return [...this.models.values()];
  }

  /** Undefined for a model that nobody asks for. */
  demandFor(queue: string): ModelInDemand | undefined {
    return this.models.get(queue);
  }

  /** The workers that have the model, or load it. */
  hostsOf(queue: string): PlannedWorker[] {
    return this.workers.filter(({ copies }) => copies.has(queue));
  }

  /** Device time that a model asks of all its workers in the next seconds, in ms. */
  workFor({ need }: ModelInDemand): number {
    return need.demandMsPerSec * HORIZON_S + need.backlogMs;
  }

  /** The part of its time for which a worker will compute in the next seconds; above 1, work is left over. */
  utilization({ id }: PlannedWorker): number {
    this.spread ??= this.spreadOverWorkers();
    return this.spread.get(id)! / (HORIZON_S * 1_000);
  }

  /** Of two plans the one with less strain has its work on more workers. */
  get strain(): number {
    return this.workers.reduce((sum, worker) => sum + this.utilization(worker) ** 2, 0);
  }

  /**
   * The plan with these copies unloaded from the worker, and with this model loaded there then. What was to be unloaded
   * there before just stays.
   */
  with(worker: PlannedWorker, unloads: readonly ModelCopy[], load?: ModelNeed): FleetPlan {
    const placement = (queue: string): Placement => ({ workerId: worker.id, queue });
    const decided = {
      loads: [...this.assignment.loads],
      unloads: [...this.assignment.unloads, ...unloads.map(({ model }) => placement(model))],
    };
    const copies = new Map(worker.copies);
    for (const { model } of unloads) copies.delete(model);
    let freeBytes = unloads.reduce((free, { bytes }) => free + bytes, worker.freeBytes);
    let { isLoading } = worker;
    if (load) {
      const staying = decided.unloads.findIndex(
        ({ workerId, queue }) => workerId === worker.id && queue === load.queue,
      );
      const copy = staying < 0 ? loading(load, this.fleet.now) : this.copyBefore(worker.id, load.queue);
      if (staying < 0) decided.loads.push(placement(load.queue));
      else decided.unloads.splice(staying, 1);
      copies.set(copy.model, copy);
      freeBytes -= copy.bytes;
      isLoading ||= copy.state === 'loading';
    }
    const changed = { ...worker, copies, freeBytes, isLoading };
    const workers = this.workers.map((each) => (each.id === worker.id ? changed : each));
    return new FleetPlan(workers, this.models, this.fleet, decided);
  }

  private copyBefore(workerId: string, queue: string): ModelCopy {
    const worker = this.fleet.workers.find(({ id }) => id === workerId)!;
    return worker.models.find(({ model }) => model === queue)!;
  }

  private spreadOverWorkers(): ReadonlyMap<string, number> {
    const works = this.inDemand.map((model) => ({
      workMs: this.workFor(model),
      hosts: [...this.workers.keys()].filter((index) => this.workers[index]!.copies.has(model.need.queue)),
    }));
    const spread = spreadWork(this.workers.length, works);
    return new Map(this.workers.map(({ id }, index) => [id, spread[index]!]));
  }
}

/** By code units: the same on every machine, which a locale's order is not. */
export function byName(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function loading({ queue, bytes }: ModelNeed, now: number): ModelCopy {
  return { model: queue, bytes, lastUsedAt: now, held: false, state: 'loading' };
}
