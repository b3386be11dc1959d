import type { SimulatedProcess } from '@sluice/testing';

/** How often what can go wrong between a process and the others does. */
export interface FaultRates {
  /** Of calls that are sent again, because their first answer was lost. */
  readonly resend: number;
  /** Of wake-ups that nobody hears. */
  readonly lostWakeUp: number;
  /** Of replies that nobody hears. */
  readonly lostReply: number;
  /** Of calls and answers that take long. */
  readonly slow: number;
}

export const NO_FAULTS: FaultRates = { resend: 0, lostWakeUp: 0, lostReply: 0, slow: 0 };

/** A call and its answer each take between these, in ms. */
const LATENCY_MS = { least: 0.05, most: 0.4 };
const SLOW_MS = 20;
/** The longest that a call takes from being made to being answered, unless it is slow. */
export const MOST_CALL_MS = 2 * LATENCY_MS.most;

export type CallMoment = 'before' | 'after';

/** What happens to the calls of one process. */
export interface FaultLayerOptions {
  readonly process: SimulatedProcess;
  readonly random: () => number;
  readonly rates: FaultRates;
  /** Asked at each call before and after its effect; when it says so, the process has just died. */
  readonly dies: (moment: CallMoment) => boolean;
  readonly onFault: (what: string) => void;
  /** A call is made; the process may be stopped before it takes effect. */
  readonly onCall?: (name: string) => void;
}

/**
 * Between a process and its ports: time passes before a call takes effect and before it is answered, and in either the
 * process may die or be stopped. A call may take effect twice.
 */
export class FaultLayer {
  constructor(private readonly options: FaultLayerOptions) {}

  /** The port behind this layer. @param asIs methods that are no calls of this kind */
  around<T extends object>(port: T, asIs: readonly (keyof T)[]): T {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        const call = (...args: unknown[]) => Reflect.apply(method, target, args);
        if (asIs.some((each) => each === name)) return call;
        return (...args: unknown[]) => this.call(String(name), () => Promise.resolve(call(...args)));
      },
    });
  }

  /** A call to another process: it may be sent twice. */
  async call<T>(name: string, effect: () => Promise<T>): Promise<T> {
    this.options.onCall?.(name);
    await this.options.process.sleep(this.latency());
    return this.local(async () => {
      const answer = await effect();
      if (!this.happens('resend')) return answer;
      this.note(`${name} is sent again`);
      return effect();
    });
  }

  /** A call to a thread of the same process: it takes effect at once, and once. */
  async local<T>(effect: () => Promise<T>): Promise<T> {
    const { process, dies } = this.options;
    if (dies('before')) return new Promise<never>(() => {});
    const answer = await effect();
    if (dies('after')) return new Promise<never>(() => {});
    await process.sleep(this.latency());
    return answer;
  }

  happens(rate: keyof FaultRates): boolean {
    return this.options.random() < this.options.rates[rate];
  }

  private latency(): number {
    const { random, rates } = this.options;
    if (rates.slow > 0 && random() < rates.slow) return random() * SLOW_MS;
    return LATENCY_MS.least + random() * (LATENCY_MS.most - LATENCY_MS.least);
  }

  note(what: string): void {
    this.options.onFault(what);
  }
}
