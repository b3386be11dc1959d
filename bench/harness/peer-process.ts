import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describeExit, type ProcessExit } from '@sluice/local-cluster';
import type { BenchRun } from './scenario.js';

/** What a peer sends when it is ready: its port, if it listens on one. */
interface Announcement {
  readonly port?: number;
}

const START_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;

/** A process of a peer, told what it serves by its arguments. It says itself when it is ready. */
export class PeerProcess {
  private constructor(
    readonly pid: number,
    private readonly announced: Announcement,
    private readonly child: ChildProcess,
    /** Resolves with how it ended, and what it complained of. */
    private readonly ended: Promise<string>,
  ) {}

  /**
   * Ended by the bench's cleanups, and by the end of this process.
   *
   * @throws Error with what it wrote to its standard error, when it ends first or is not ready within 30 s
   */
  static async start(
    { cleanups }: Pick<BenchRun, 'cleanups'>,
    script: URL,
    args: readonly string[],
  ): Promise<PeerProcess> {
    const child = fork(script, args, {
      execArgv: ['--enable-source-maps'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let complaints = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-4_000)));
    const exited = new Promise<ProcessExit>((resolve) => {
      child.once('error', () => resolve({ code: null, signal: null }));
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    cleanups.defer(async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
      await exited;
      clearTimeout(timer);
    });
    const ended = exited.then((exit) => `${describeExit(exit)}\n${complaints}`);
    const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
    const [announced] = await Promise.race([
      once(child, 'message'),
      ended.then((how): never => {
        throw new Error(`${script.pathname} was not ready when it ended: ${how}`);
      }),
    ]);
    clearTimeout(timer);
    child.stderr?.pipe(process.stderr, { end: false });
    return new PeerProcess(child.pid ?? 0, announced, child, ended);
  }

  /**
   * Sends it a question, and resolves with its next message: one question at a time. That this is an `A` is believed, the
   * process being our own.
   *
   * @throws Error with what it wrote to its standard error, when it ends first
   */
  async ask<A>(question: object): Promise<A> {
    const answered = once(this.child, 'message');
    this.child.send(question);
    const [answer] = await Promise.race([
      answered,
      this.ended.then((how): never => {
        throw new Error(`process ${this.pid} was asked for ${JSON.stringify(question)}, and ended: ${how}`);
      }),
    ]);
    return answer;
  }

  /** @throws Error when it listens on none */
  get port(): number {
    if (this.announced.port === undefined) throw new Error('this process of a peer listens on no port');
    return this.announced.port;
  }
}
