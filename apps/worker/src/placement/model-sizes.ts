import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { WorkerConfig } from '@sluice/config';
import { inferenceQueue } from '@sluice/contracts';
import type { ServableModel } from '@sluice/model-store';
import { MemoryMeter } from '../hand-off/memory-meter.js';

export interface ModelSize {
  readonly bytes: number;
  /** Undefined: it was never loaded here. */
  readonly loadMs: number | undefined;
}

interface Known extends ModelSize {
  readonly fingerprint: string;
}

/** Of the bytes of its files, before it was ever loaded: the weights, and what they are unpacked to. */
const ESTIMATE = 2;
/** Beyond this, what the process has grown by was taken by something else. */
const MOST = 3;

/**
 * How much memory versions take, and how long they take to load. What `memory_bytes` in config.json says counts; else
 * what the process grew by when it was loaded last, never less than its files nor more than three times as much; else
 * an estimate.
 */
@Injectable()
export class ModelSizes {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly config: WorkerConfig,
    private readonly meter: MemoryMeter,
    private readonly clock: Clock,
  ) {}

  /** Undefined for what nobody has asked about by `whyTooLarge` or `measure`. */
  of(queue: string): ModelSize | undefined {
    return this.known.get(queue);
  }

  /** What a version takes, or will. */
  bytesOf(stored: ServableModel): number {
    return this.sizeOf(stored).bytes;
  }

  /** Why a version can never be loaded here; undefined when it can. */
  whyTooLarge(stored: ServableModel): string | undefined {
    const { budgetBytes = Infinity } = this.config.placement;
    const { bytes } = this.sizeOf(stored);
    if (bytes <= budgetBytes) return undefined;
    return (
      `it takes about ${bytes} bytes of memory, SLUICE_MODEL_MEMORY allows ${budgetBytes}: raise it, ` +
      'or set memory_bytes in config.json if it takes less'
    );
  }

  /** Notes what a load takes. */
  async measure<T>(stored: ServableModel, load: () => Promise<T>): Promise<T> {
    const size = this.sizeOf(stored);
    const [startedAt, before] = [this.clock.now(), this.meter.residentBytes()];
    const loaded = await load();
    const growth = this.meter.residentBytes() - before;
    const bytes = stored.config.memoryBytes ?? Math.min(MOST * stored.bytes, Math.max(stored.bytes, growth));
    this.known.set(inferenceQueue(stored.ref), { ...size, bytes, loadMs: this.clock.now() - startedAt });
    return loaded;
  }

  private sizeOf({ ref, config, bytes, fingerprint }: ServableModel): Known {
    const queue = inferenceQueue(ref);
    const before = this.known.get(queue);
    if (before?.fingerprint === fingerprint) return before;
    const size = { bytes: config.memoryBytes ?? ESTIMATE * bytes, loadMs: undefined, fingerprint };
    this.known.set(queue, size);
    return size;
  }
}
