import { fork, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import type { Clock, Timer } from '@sluice/clock';
import { assertNever, messageOf, type SandboxResult } from '@sluice/contracts';
import { residentBytes, waitedForProcessorMs } from './process-facts.js';
import type { SandboxLimits } from './sandbox-limits.js';
import type { SandboxReport, SandboxTask } from './sandbox-messages.js';
import { faultOf, type TrialEnd, type TrialPhase } from './trial-end.js';

const LOOK_EVERY_MS = 20;
/** How many times its time it may wait for a processor. */
const MOST_GRANTS = 10;
const LEAST_GRANT_MS = 100;
/** Of what the process writes to stderr. */
const KEPT_CHARACTERS = 2_000;
const TOLD_CHARACTERS = 300;
/** For JavaScript in the process: tensors are not in there. */
const HEAP_MB = 512;

export interface TrialOptions {
  /** Empty, and used by nobody else: whatever the process leaves behind lies there. */
  readonly folder: string;
  readonly limits: SandboxLimits;
  readonly clock: Clock;
  /** Whoever asked does not want to know any more. */
  readonly signal: AbortSignal;
}

/**
 * A process that opens one version, and the watch over it: starting -> opening -> running -> ended. It is killed as soon as
 * it has told its result, takes too much or is not wanted any more; when it has ended, nothing of it is left.
 */
export class SandboxedTrial {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private phase: TrialPhase = 'starting';
  /** The first one counts: what comes after it is how the process is killed. */
  private outcome: SandboxResult | TrialEnd | undefined;
  private stderr = '';
  private peakBytes = 0;
  private isLooking = false;
  private timeLimit: Timer | undefined;

  constructor(private readonly options: TrialOptions) {
    this.child = fork(new URL('./sandbox-process.js', import.meta.url), {
      cwd: options.folder,
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.ended = this.follow();
    if (this.child.pid !== undefined) yieldToOthers(this.child.pid);
  }

  /**
   * @returns once the process has ended
   * @throws SluiceError as `faultOf` makes it
   */
  async run(task: SandboxTask): Promise<SandboxResult> {
    const { clock, limits, signal } = this.options;
    const giveUp = () => this.conclude({ kind: 'given-up' });
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    const memoryLimit = clock.every(LOOK_EVERY_MS, () => void this.look());
    this.limitTime(limits.timeoutMs);
    try {
      // If it cannot be told, it has ended.
      this.child.send(task, () => {});
      await this.ended;
    } finally {
      signal.removeEventListener('abort', giveUp);
      memoryLimit.cancel();
      this.timeLimit?.cancel();
    }
    if (this.outcome?.kind === 'sandbox') return this.outcome;
    throw faultOf(this.outcome ?? { kind: 'given-up' }, this.phase, limits);
  }

  /** Resolves when the process has ended and all that it said was read. */
  private follow(): Promise<void> {
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-KEPT_CHARACTERS);
    });
    this.child.on('message', (report: SandboxReport) => this.hear(report));
    return new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.outcome ??= { kind: 'died', code, signal, said: lastLineOf(this.stderr) };
        resolve();
      });
      this.child.on('error', (error) => {
        this.outcome ??= { kind: 'refused', reason: `the sandbox cannot be started: ${messageOf(error)}` };
        // One that was never there does not end.
        if (this.child.pid === undefined) resolve();
      });
    });
  }

  private hear(report: SandboxReport): void {
    switch (report.kind) {
      case 'opening':
        this.limitTime(this.options.limits.timeoutMs);
        this.phase = 'opening';
        return;
      case 'running':
        this.phase = 'running';
        return;
      case 'refused':
        return this.conclude(report);
      case 'opened': {
        const peakBytes = Math.max(report.peakBytes, this.peakBytes);
        const tookTooMuch = peakBytes > this.options.limits.memoryBytes;
        return this.conclude(tookTooMuch ? { kind: 'memory' } : { ...report, kind: 'sandbox', peakBytes });
      }
      default:
        return assertNever(report);
    }
  }

  private conclude(outcome: SandboxResult | TrialEnd): void {
    this.outcome ??= outcome;
    this.child.kill('SIGKILL');
  }

  private async look(): Promise<void> {
    if (this.child.pid === undefined || this.isLooking) return;
    this.isLooking = true;
    const bytes = (await residentBytes(this.child.pid)) ?? 0;
    this.isLooking = false;
    this.peakBytes = Math.max(this.peakBytes, bytes);
    if (bytes > this.options.limits.memoryBytes) this.conclude({ kind: 'memory' });
  }

  /**
   * Ends it after so long. What it waited for a processor is granted once more: it has the lowest priority, and a busy
   * machine is not the version's fault.
   */
  private limitTime(ms: number, waitedBefore = 0): void {
    const { clock, limits } = this.options;
    const isOver = async () => {
      const waitedMs = this.child.pid === undefined ? 0 : await waitedForProcessorMs(this.child.pid);
      const granted = waitedMs - waitedBefore;
      if (granted < LEAST_GRANT_MS) this.conclude({ kind: 'time' });
      else if (waitedMs > MOST_GRANTS * limits.timeoutMs) this.conclude({ kind: 'starved' });
      else this.limitTime(granted, waitedMs);
    };
    this.timeLimit?.cancel();
    this.timeLimit = clock.after(ms, () => void isOver());
  }
}

/**
 * All of its threads, as none has begun yet. Where the system is short of memory it takes this process first, and not the
 * worker.
 */
function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended by now.
  }
  void writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch(() => {});
}

function lastLineOf(text: string): string {
  const lines = stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.trim());
  return lines.findLast((line) => line !== '')?.slice(0, TOLD_CHARACTERS) ?? '';
}
