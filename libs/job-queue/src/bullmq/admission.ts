import type { Redis } from 'ioredis';
import { SluiceError } from '@sluice/contracts';
import type { Backlog, NewJob, QueueSettings } from '../job-queue.js';
import { checkRoom, roomFor } from '../limits.js';
import { readBacklog } from './backlog-reading.js';
import type { QueueHandles } from './queue-handles.js';

const FRESH_MS = 50;
/** Levels that nobody has asked about for so long are not counted any more; nor more than so many. */
const ASKED_LATELY_MS = 10_000;
const MOST_LEVELS = 64;

/** How much a queue holds: as read, and what was let in since. */
interface Depth {
  waiting: number;
  bytes: number;
  readonly paused: boolean;
  readonly ahead: Map<number, number>;
  readonly readAt: number;
}

interface Entrance {
  depth: Promise<Depth> | undefined;
  /** Adds that Redis has not acknowledged, and the jobs that each brings. */
  readonly adding: Map<Promise<unknown>, readonly NewJob[]>;
  /** Levels that were asked about, and when, the latest last. */
  readonly asked: Map<number, number>;
}

/**
 * Decides whether a queue takes more jobs, without a round trip for each: between two readings it counts what it lets in
 * itself, and a reading that may have missed an add on its way counts it in. It may let in what other API processes have
 * filled up within FRESH_MS; it refuses only on a reading made after everything it had let in before was there.
 */
export class Admission {
  private readonly entrances = new Map<string, Entrance>();

  constructor(
    private readonly redis: Redis,
    private readonly handles: QueueHandles,
    private readonly settings: QueueSettings,
  ) {}

  /**
   * Adds jobs if there is room for all of them.
   * @throws SluiceError queue_full, queue_paused; what `add` throws
   */
  async admit<T>(name: string, arriving: readonly NewJob[], add: () => Promise<T>): Promise<T> {
    const entrance = this.entranceOf(name);
    const room = roomFor(arriving);
    let depth = await this.recent(name, entrance);
    if (depth.paused || !this.fits(depth, room)) {
      await Promise.allSettled(entrance.adding.keys());
      depth = await this.recent(name, entrance, { rejected: depth });
    }
    if (depth.paused) throw new SluiceError('queue_paused', `queue ${name} is paused: resume it, or try again later`);
    checkRoom(name, depth, room, this.settings);
    letIn(depth, arriving);
    const adding = add();
    entrance.adding.set(adding, arriving);
    return adding.finally(() => entrance.adding.delete(adding));
  }

  /** Of the same readings. */
  async backlog(name: string, level: number): Promise<Backlog> {
    const { ahead, waiting, bytes, paused } = await this.recent(name, this.entranceOf(name), { level });
    return { ahead: ahead.get(level) ?? waiting, waiting, bytes: Math.round(bytes), paused };
  }

  private fits({ waiting, bytes }: Depth, arriving: { readonly waiting: number; readonly bytes: number }): boolean {
    const { maxWaiting, maxWaitingBytes } = this.settings;
    return waiting + arriving.waiting <= maxWaiting && bytes + arriving.bytes <= maxWaitingBytes;
  }

  /**
   * A reading that is fresh, tells about the level if one is given, and is another one than `rejected`; callers that need
   * one at the same time share it.
   */
  private async recent(
    name: string,
    entrance: Entrance,
    wanted: { readonly level?: number; readonly rejected?: Depth } = {},
  ): Promise<Depth> {
    const { level, rejected } = wanted;
    if (level !== undefined) ask(entrance, level);
    const seen = entrance.depth;
    const depth = await seen;
    const serves = depth && depth !== rejected && (level === undefined || depth.ahead.has(level));
    if (serves && performance.now() - depth.readAt <= FRESH_MS) return depth;
    if (entrance.depth === seen) {
      const reading = this.read(name, entrance);
      entrance.depth = reading;
      reading.catch(() => {
        if (entrance.depth === reading) entrance.depth = undefined;
      });
    }
    return this.recent(name, entrance, wanted);
  }

  private async read(name: string, { adding, asked }: Entrance): Promise<Depth> {
    const onTheirWay = [...adding.values()].flat();
    const reading = await readBacklog(this.redis, this.handles.keysOf(name), [...asked.keys()]);
    const depth = { ...reading, ahead: new Map(reading.ahead), readAt: performance.now() };
    letIn(depth, onTheirWay);
    return depth;
  }

  private entranceOf(name: string): Entrance {
    let entrance = this.entrances.get(name);
    if (!entrance) {
      entrance = { depth: undefined, adding: new Map(), asked: new Map() };
      this.entrances.set(name, entrance);
    }
    return entrance;
  }
}

function letIn(depth: Depth, jobs: readonly NewJob[]): void {
  const { waiting, bytes } = roomFor(jobs);
  depth.waiting += waiting;
  depth.bytes += bytes;
  for (const [level, ahead] of depth.ahead) {
    depth.ahead.set(level, ahead + jobs.filter(({ priority }) => priority <= level).length);
  }
}

function ask({ asked }: Entrance, level: number): void {
  const now = performance.now();
  asked.delete(level);
  asked.set(level, now);
  for (const [other, at] of asked) {
    if (asked.size <= MOST_LEVELS && now - at <= ASKED_LATELY_MS) break;
    asked.delete(other);
  }
}
