import type { ArmCounts, CostReport } from '@sluice/contracts';

/** What a worker does, told a few times a second. Counts are from its start. */
export interface WorkerLoad {
  readonly workerId: string;
  /** By the queue's clock. */
  readonly at: number;
  readonly device: 'idle' | 'running';
  /** Its device is idle and it looks for work. */
  readonly searching: boolean;
  /** Jobs that it holds and that have not started. */
  readonly leasedNotStarted: number;
  readonly classes: readonly ClassLoad[];
  readonly batches: number;
  readonly rows: number;
  readonly slices: number;
  /** Jobs that expired before they cost device time. */
  readonly expired: number;
  /** Why it leaves its work to others now; empty: it does not. */
  readonly handOff: readonly string[];
  /** Jobs that it took from the own queues of others. */
  readonly stolen: number;
  /** Of its pool of input buffers: how many are in use, and the bytes of those that wait to be used again. */
  readonly buffers: { readonly outstanding: number; readonly keptBytes: number };
  /** The longest that its event loop was blocked since it told last, in ms. */
  readonly loopGapMs: number;
  /** The update that it is working on, and how much of it is done, 0 to 1. */
  readonly update?: { readonly name: string; readonly progress: number };
  readonly costs: readonly ModelCost[];
  /** Of the models that have a candidate. */
  readonly arms?: readonly ArmCounts[];
  /** Undefined: it has no budget, and loads all that is in its folder. */
  readonly memory?: MemoryLoad | undefined;
}

/** What a worker with a budget has in memory, and could have. */
export interface MemoryLoad {
  readonly budgetBytes: number;
  readonly models: readonly MemoryModel[];
}

export interface MemoryModel {
  /** The shared queue of the model version. */
  readonly queue: string;
  /** `available`: in its folder, and not in memory; `failed`: it cannot be loaded here. */
  readonly state: 'ready' | 'loading' | 'unloading' | 'available' | 'failed';
  /** As measured when it was loaded last, or estimated from its files. */
  readonly bytes: number;
  /** By the queue's clock: of what is loading, when that began; 0: never used. */
  readonly lastUsedAt: number;
  /** Leased work needs it. */
  readonly held: boolean;
  /** The registry wants it there: it stays, whatever is assigned. */
  readonly kept?: boolean | undefined;
  /** How long its last load took here; undefined: it was never loaded. */
  readonly loadMs?: number | undefined;
}

/** One class of the share policy on one device. */
export interface ClassLoad {
  readonly name: string;
  readonly weight: number;
  /** Device time that it was charged. */
  readonly deviceMs: number;
  /** It has work that could run now, or is running. */
  readonly busy: boolean;
}

export interface ModelCost extends CostReport {
  /** The shared queue of the model version. */
  readonly queue: string;
  /** '' for a model without ragged dimensions. */
  readonly bucket: string;
  /** Rows of a full batch. */
  readonly maxRows: number;
}
