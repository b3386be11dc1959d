/** How often it looks. */
const LOOK_EVERY_MS = 20;

const watchers = new Set<EventLoopGap>();
let timer: NodeJS.Timeout | undefined;
let dueAt = 0;

/**
 * How long the event loop of this process was blocked, by how late a timer comes: one for all who ask, which keeps no
 * process alive. Node's own monitor (`monitorEventLoopDelay`) misses a gap that begins right after its counts were taken.
 */
export class EventLoopGap {
  private longestMs = 0;

  constructor() {
    if (!timer) {
      dueAt = performance.now() + LOOK_EVERY_MS;
      timer = setInterval(() => look(performance.now()), LOOK_EVERY_MS).unref();
    }
    lookIfDue();
    watchers.add(this);
  }

  /** The longest since the last call, in ms. */
  take(): number {
    lookIfDue();
    const { longestMs } = this;
    this.longestMs = 0;
    return longestMs;
  }

  /** Idempotent. */
  stop(): void {
    watchers.delete(this);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  /** To be called by the timer alone. */
  note(gapMs: number): void {
    this.longestMs = Math.max(this.longestMs, gapMs);
  }
}

/** The timer may come a moment too early, which is no gap; asked in between nothing is known yet. */
function look(now: number): void {
  for (const watcher of watchers) watcher.note(now - dueAt);
  dueAt = now + LOOK_EVERY_MS;
}

function lookIfDue(): void {
  const now = performance.now();
  if (now > dueAt) look(now);
}
