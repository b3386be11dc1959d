import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { SluiceError } from '@sluice/contracts';
import { freePort } from './free-port.js';
import { guardOrphan } from './orphan-guard.js';
import { pidFile, stopOrphanedServer } from './orphaned-server.js';
import type { RedisBinary } from './redis-binary.js';

export interface EmbeddedRedisOptions {
  /** Keeps an append-only file here, and starts with what it holds. Without it nothing is written to disk. */
  readonly dataDir?: string;
  /** When an acknowledged write is on the disk: within a second (the default), or before it is acknowledged. */
  readonly fsync?: 'everysec' | 'always';
  /** A free one by default. */
  readonly port?: number;
  /** How long the server outlives this process when that is killed; 0 by default. */
  readonly lingerSeconds?: number;
  /** Further settings of the server, as its configuration file names them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Receives what the server logs. */
  readonly onLog?: (text: string) => void;
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const PORT_ATTEMPTS = 5;
/** Loading a large append-only file is part of it. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

/** A Redis server that belongs to this process: on the loopback interface, never evicting, gone when we are. */
export class EmbeddedRedis {
  readonly url: string;
  readonly pid: number;
  /** Resolves when the server has ended, for whatever reason. */
  readonly exited: Promise<ServerExit>;
  readonly #child: ChildProcess;

  private constructor(
    child: ChildProcess & { readonly pid: number },
    readonly port: number,
    exited: Promise<ServerExit>,
  ) {
    this.#child = child;
    this.pid = child.pid;
    this.url = `redis://127.0.0.1:${port}`;
    this.exited = exited;
  }

  /**
   * Starts a server and waits until it accepts commands.
   *
   * @throws SluiceError `redis_unavailable` with the end of the server's log when it does not get there
   */
  static async start(binary: RedisBinary, options: EmbeddedRedisOptions = {}): Promise<EmbeddedRedis> {
    if (options.dataDir !== undefined) {
      mkdirSync(options.dataDir, { recursive: true });
      await stopOrphanedServer(options.dataDir);
    }
    for (let attempt = 1; ; attempt += 1) {
      const port = options.port ?? (await freePort());
      const outcome = await EmbeddedRedis.#launch(binary, port, options);
      if (outcome instanceof EmbeddedRedis) return outcome;
      // Between our look at the port and the server's, somebody else took it.
      const wasTaken = /Address already in use/.test(outcome.log);
      if (!wasTaken || options.port !== undefined || attempt === PORT_ATTEMPTS)
        throw new SluiceError('redis_unavailable', `${binary.version} did not start on port ${port}:\n${outcome.log}`);
    }
  }

  static async #launch(
    binary: RedisBinary,
    port: number,
    options: EmbeddedRedisOptions,
  ): Promise<EmbeddedRedis | { readonly log: string }> {
    const child = spawn(binary.command, serverArguments(port, options), {
      argv0: binary.argv0 ?? binary.command,
      // Its own session: at a Ctrl-C the terminal signals our whole group, and Redis has to be the last to go.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    // The server itself says that it is ready. A PONG from the port could come from a stranger who took it before us.
    const ready = new Promise<void>((resolve) => {
      const onText = (text: string) => {
        options.onLog?.(text);
        log = (log + text).slice(-4_000);
        if (log.includes('Ready to accept connections')) resolve();
      };
      child.stdout.setEncoding('utf8').on('data', onText);
      child.stderr.setEncoding('utf8').on('data', onText);
    });
    const exited = new Promise<ServerExit>((resolve) => {
      child.once('error', (error) => {
        log += error.message;
        resolve({ code: null, signal: null });
      });
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    const closed = new Promise<void>((resolve) => {
      child.once('close', () => resolve());
    });

    const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
    const isReady = await Promise.race([ready.then(() => true), exited.then(() => false)]);
    clearTimeout(timer);
    if (!isReady || !hasPid(child)) {
      await closed; // Only then has all of its log been read.
      return { log: log.trim() };
    }

    const removeGuard = guardOrphan(child.pid, options.lingerSeconds ?? 0);
    void exited.then(removeGuard);
    return new EmbeddedRedis(child, port, exited);
  }

  /** Asks the server to end; it saves first what it is to keep. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  /** Ends it as a crash would, with the process that may be rewriting its append-only file. */
  kill(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }

  /** Freezes it: connections stay open and nothing answers. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends the server, its data saved, and waits until the process is gone. May be called again. */
  async stop(): Promise<void> {
    this.resume();
    this.terminate();
    const timer = setTimeout(() => this.kill(), STOP_TIMEOUT_MS);
    await this.exited;
    clearTimeout(timer);
  }
}

function hasPid(child: ChildProcess): child is ChildProcess & { readonly pid: number } {
  return child.pid !== undefined;
}

function serverArguments(
  port: number,
  { dataDir, fsync = 'everysec', settings: further }: EmbeddedRedisOptions,
): string[] {
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir: dataDir ?? tmpdir(),
    // A queue must not lose what it holds because memory is short: then adding fails, which the API answers with 429.
    'maxmemory-policy': 'noeviction',
    save: '',
    appendonly: dataDir === undefined ? 'no' : 'yes',
    appendfsync: fsync,
    ...(dataDir !== undefined && { pidfile: pidFile(dataDir) }),
    ...further,
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}
