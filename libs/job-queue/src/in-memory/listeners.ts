import { LISTENING_GRACE_MS } from '../fair-part.js';

/** One that waits for work, or was woken and has not leased yet. */
interface Listener {
  readonly queues: readonly string[];
  /** When its wait is over; it counts a little longer. */
  readonly until: number;
  /** Undefined once it was woken. */
  wake: ((queue: string) => void) | undefined;
}

/**
 * Who listens to which queue, and the marks: as BullMQ's marker, a mark is one wake-up, taken by the one that has waited
 * longest. Whoever listens next finds it if nobody does now.
 */
export class Listeners {
  private readonly marked = new Set<string>();
  /** By whom they belong to; the one that has waited longest first. */
  private readonly listeners = new Map<object, Listener>();

  /** Answers the queue whose mark it took at once; otherwise `wake` is called once, or never. */
  listen(
    who: object,
    queues: readonly string[],
    now: number,
    timeoutMs: number,
    wake: (queue: string) => void,
  ): string | undefined {
    const queue = queues.find((name) => this.marked.delete(name));
    this.listeners.delete(who);
    this.listeners.set(who, { queues, until: now + timeoutMs, wake: queue === undefined ? wake : undefined });
    return queue;
  }

  /** It waits no longer, and counts until it leases: nothing wakes it. */
  endWait(who: object): void {
    const listener = this.listeners.get(who);
    if (listener) listener.wake = undefined;
  }

  leave(who: object): void {
    this.listeners.delete(who);
  }

  mark(queue: string, now: number): void {
    for (const listener of this.listeners.values()) {
      const { wake, queues, until } = listener;
      if (!wake || until < now || !queues.includes(queue)) continue;
      listener.wake = undefined;
      wake(queue);
      return;
    }
    this.marked.add(queue);
  }

  unmark(queue: string): void {
    this.marked.delete(queue);
  }

  /** How many listen to a queue, but for one. */
  othersOn(queue: string, who: object, now: number): number {
    let count = 0;
    for (const [each, { queues, until }] of this.listeners) {
      if (until + LISTENING_GRACE_MS < now) this.listeners.delete(each);
      else if (each !== who && queues.includes(queue)) count++;
    }
    return count;
  }
}
