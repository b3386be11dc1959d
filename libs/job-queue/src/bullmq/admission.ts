import { SluiceError } from '@sluice/contracts';
import type { QueueSettings } from '../job-queue.js';
import { checkRoom } from '../limits.js';
import type { QueueHandle } from './queue-handles.js';

const FRESH_MS = 50;

interface Depth {
  waiting: number;
  paused: boolean;
  readAt: number;
}

/**
 * Decides whether a queue takes more jobs, without a round trip for each: between two readings it counts what it let
 * in itself. It may therefore let in what other API processes have filled up within FRESH_MS, but it never refuses on
 * an old reading.
 */
export class Admission {
  private readonly depths = new Map<string, Promise<Depth>>();

  constructor(private readonly settings: QueueSettings) {}

  /** @throws SluiceError queue_full, queue_paused */
  async admit(name: string, handle: QueueHandle, arriving: number): Promise<void> {
    let depth = await this.depths.get(name);
    if (!depth || Date.now() - depth.readAt > FRESH_MS) depth = await this.read(name, handle, depth);
    const full = depth.waiting + arriving > this.settings.maxWaiting;
    if (full || depth.paused) depth = await this.read(name, handle, depth);
    if (depth.paused) throw new SluiceError('queue_paused', `queue ${name} is paused: resume it, or try again later`);
    checkRoom(name, depth.waiting, arriving, this.settings);
    depth.waiting += arriving;
  }

  /** Callers that find the same old reading share one new one. */
  private async read(name: string, handle: QueueHandle, old: Depth | undefined): Promise<Depth> {
    const current = await this.depths.get(name);
    if (current && current !== old) return current;
    const reading = readDepth(handle);
    this.depths.set(name, reading);
    reading.catch(() => this.depths.delete(name));
    return reading;
  }
}

async function readDepth({ queue }: QueueHandle): Promise<Depth> {
  const [counts, paused] = await Promise.all([
    queue.getJobCounts('waiting', 'prioritized', 'delayed'),
    queue.isPaused(),
  ]);
  const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { waiting, paused, readAt: Date.now() };
}
