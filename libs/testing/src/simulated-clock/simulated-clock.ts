import { Clock, type Timer } from '@sluice/clock';
import { ScheduledCall, ScheduledCalls } from './scheduled-calls.js';
import { SimulatedProcess } from './simulated-process.js';

/** So many calls without time going on are a loop. */
const MOST_CALLS_AT_ONE_TIME = 200_000;
const STEPS_PER_TURN = 50;

/**
 * Virtual time: nothing waits, and the same program does the same in every run.
 *
 * Calls are made one after the other, by (time, order of asking). Between two of them everything settles that the first
 * one set off: all promises, however long their chains. So a program on this clock is a sequence of steps, and what can
 * happen in between is exactly what it asked the clock for. Only what runs on this clock: a real timer, a socket or a
 * thread is not waited for.
 *
 * This clock itself is that of the world around the processes: it is never stopped.
 */
export class SimulatedClock extends Clock {
  private readonly calls = new ScheduledCalls();
  private readonly processes: SimulatedProcess[] = [];
  private readonly waits = new Set<string>();
  private sequence = 0;
  private callsAtThisTime = 0;
  private running = false;
  private made = 0;

  constructor(private time = 0) {
    super();
  }

  override now(): number {
    return this.time;
  }

  /** Calls that were made so far. */
  get steps(): number {
    return this.made;
  }

  override after(ms: number, call: () => void): Timer {
    if (!(ms >= 0)) throw new Error(`a timer of ${ms} ms: give it 0 or more`);
    const scheduled = new ScheduledCall(this.time + ms, this.sequence++, call);
    this.calls.push(scheduled);
    return scheduled;
  }

  override every(ms: number, call: () => void): Timer {
    if (!(ms > 0)) throw new Error(`a timer every ${ms} ms: give it more than 0`);
    let timer: Timer;
    const again = () => {
      timer = this.after(ms, again);
      call();
    };
    timer = this.after(ms, again);
    return { cancel: () => timer.cancel() };
  }

  override soon(call: () => void): void {
    this.after(0, call);
  }

  /** The clock of another process. */
  process(name: string): SimulatedProcess {
    const process = new SimulatedProcess(name, this);
    this.processes.push(process);
    return process;
  }

  /** Lets the report of a standstill say that this was waited for. */
  watch<T>(what: string, promise: Promise<T>): Promise<T> {
    this.waits.add(what);
    const forget = () => void this.waits.delete(what);
    promise.then(forget, forget);
    return promise;
  }

  /**
   * Lets time go by: to a time, or until something holds.
   *
   * @param latest the time at which what does not hold yet is given up
   * @throws Error when nothing is left that could happen, or not before `latest`, and it does not hold; it says what waits
   */
  async run(until: number | (() => boolean), latest = Infinity): Promise<void> {
    if (this.running) throw new Error('the simulated clock runs already: only one may let time go by');
    this.running = true;
    try {
      if (typeof until === 'number') {
        await this.advance(() => false, until);
        this.time = Math.max(this.time, until);
        return;
      }
      await this.advance(until, latest);
      if (!until()) throw new Error(this.standstill());
    } finally {
      this.running = false;
    }
  }

  /** What a promise comes to; time goes by until then. @throws Error as `run` does */
  async settled<T>(promise: Promise<T>, latest = Infinity): Promise<T> {
    let isSettled = false;
    const settle = () => void (isSettled = true);
    promise.then(settle, settle);
    await this.run(() => isSettled, latest);
    return promise;
  }

  private advance(isOver: () => boolean, latest: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let ended = false;
      const end = (settle: () => void) => {
        ended = true;
        settle();
      };
      // Node makes one call of setImmediate only after all promises have settled that the one before has set off.
      const step = () => {
        if (ended) return;
        try {
          if (isOver() || !this.callNext(latest)) end(resolve);
        } catch (error) {
          end(() => reject(error));
        }
      };
      // Several at a time: between two turns of its loop Node asks the operating system for events, which costs more
      // than most steps do.
      const turn = () => {
        for (let count = 0; count < STEPS_PER_TURN; count++) setImmediate(step);
        setImmediate(() => {
          if (!ended) turn();
        });
      };
      turn();
    });
  }

  /** Answers whether there was one. */
  private callNext(latest: number): boolean {
    for (let next = this.calls.next; next && next.at <= latest; next = this.calls.next) {
      this.calls.pop();
      if (!next.call) continue;
      this.countAt(next.at);
      next.call();
      return true;
    }
    return false;
  }

  private countAt(time: number): void {
    this.made++;
    this.callsAtThisTime = time > this.time ? 1 : this.callsAtThisTime + 1;
    this.time = time;
    if (this.callsAtThisTime <= MOST_CALLS_AT_ONE_TIME) return;
    throw new Error(`${this.callsAtThisTime} calls at ${time} ms and time does not go on: something loops`);
  }

  private standstill(): string {
    const why = this.calls.next ? 'its time is over' : 'nothing is left that could happen';
    const waits = [...this.waits, ...this.processes.map((process) => process.describe()).filter(Boolean)];
    const waiting = waits.length > 0 ? waits.join('; ') : 'nothing that was watched';
    return `at ${this.time} ms what was run for does not hold and ${why}; waiting: ${waiting}`;
  }
}
