import { Clock, type Timer } from '@sluice/clock';

interface Call {
  call: (() => void) | undefined;
}

/** The clock of one simulated process: it stops with the process. */
export class SimulatedProcess extends Clock {
  private state: 'running' | 'frozen' | 'killed' = 'running';
  /** Calls that came due while the process was frozen, in their order. */
  private late: Call[] = [];

  /** @param clock that of the world, which goes on */
  constructor(
    readonly name: string,
    private readonly clock: Clock,
  ) {
    super();
  }

  override now(): number {
    return this.clock.now();
  }

  override after(ms: number, call: () => void): Timer {
    const own: Call = { call };
    const timer = this.clock.after(ms, () => this.deliver(own));
    return {
      cancel: () => {
        own.call = undefined;
        timer.cancel();
      },
    };
  }

  override every(ms: number, call: () => void): Timer {
    let timer: Timer;
    // As a process that was stopped finds it: once, however many times it was due, and from then on again.
    const again = () => {
      timer = this.after(ms, again);
      call();
    };
    timer = this.after(ms, again);
    return { cancel: () => timer.cancel() };
  }

  override soon(call: () => void): void {
    const own: Call = { call };
    this.clock.soon(() => this.deliver(own));
  }

  /** As SIGKILL: its clock calls nobody any more. */
  kill(): void {
    this.state = 'killed';
    this.late = [];
  }

  /** As SIGSTOP: what comes due waits. */
  freeze(): void {
    if (this.state === 'running') this.state = 'frozen';
  }

  /** As SIGCONT. */
  thaw(): void {
    if (this.state !== 'frozen') return;
    this.state = 'running';
    const { late } = this;
    this.late = [];
    for (const own of late) this.clock.soon(() => this.deliver(own));
  }

  /** What a report of a standstill says of it. */
  describe(): string {
    return this.state === 'frozen' ? `${this.name} is frozen with ${this.late.length} calls due` : '';
  }

  private deliver(own: Call): void {
    if (this.state === 'running') own.call?.();
    else if (this.state === 'frozen') this.late.push(own);
  }
}
