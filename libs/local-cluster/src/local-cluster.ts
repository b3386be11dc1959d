import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@sluice/embedded-redis';
import { ApiProbe } from './api-probe.js';
import { startNodeProcess } from './node-process.js';
import { waitUntilReady } from './readiness.js';
import { describeExit, type RunningProcess } from './running-process.js';

export interface LocalClusterOptions {
  /** The repository's root: the built apps are in its dist/. */
  readonly root: string;
  readonly redisUrl: string;
  /** Folder of the models. */
  readonly models: string;
  /** 1 by default. */
  readonly workers?: number;
  /** Settings of all processes beside those that the cluster makes itself. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Settings of one worker. */
  readonly workerEnvironment?: (index: number) => Readonly<Record<string, string>>;
  /** Settings of the API. */
  readonly apiEnvironment?: Readonly<Record<string, string>>;
  /** With which the cluster asks whether it is ready, where the API has keys. */
  readonly apiKey?: string;
}

export interface ClusterProcess extends RunningProcess {
  readonly name: string;
  /** What it has logged so far, a JSON object a line. */
  log(): string;
}

const READY_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;
const POLL_MS = 20;
/** What a worker logs, an object a line. */
const MODEL_READY = /"model":"([^"]+)".*"msg":"model_ready"/g;

/**
 * One API and some workers as processes on this machine, on a free port, for whoever measures them or breaks them:
 * nobody restarts what dies.
 */
export class LocalCluster {
  readonly workers: ClusterProcess[] = [];
  readonly apis: ClusterProcess[] = [];
  private readonly logs = mkdtempSync(join(tmpdir(), 'sluice-logs-'));
  /** Of the versions that are pushed to it; gone with the logs. */
  readonly store = join(this.logs, 'store');
  private readonly abort = new AbortController();
  private ports: number[] = [];

  private constructor(private readonly options: LocalClusterOptions) {
    mkdirSync(this.logs, { recursive: true });
  }

  /** Resolves when everything is ready. @throws Error with the logs when that takes too long */
  static async start(options: LocalClusterOptions): Promise<LocalCluster> {
    const cluster = new LocalCluster(options);
    for (let index = 0; index < (options.workers ?? 1); index++) cluster.startWorker();
    await cluster.startApi();
    try {
      if (cluster.workers.length > 0) await Promise.race([cluster.ready(), cluster.anyEnd()]);
    } catch (error) {
      const logs = [...cluster.apis, ...cluster.workers].map((each) => `${each.name}:\n${each.log()}`).join('\n');
      await cluster.stop();
      throw new Error(`the cluster did not become ready\n${logs}`, { cause: error });
    }
    return cluster;
  }

  /** Base URL of the first API, or of another one. */
  url(api = 0): string {
    const port = this.ports[api];
    if (port === undefined) throw new Error(`there is no API number ${api}`);
    const { environment, apiEnvironment } = this.options;
    const isTls = { ...environment, ...apiEnvironment }['SLUICE_TLS_CERT'] !== undefined;
    return `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`;
  }

  /** Resolves when every worker has loaded what it can, and the first API knows it. */
  async ready(): Promise<void> {
    const { signal } = this.abort;
    const { apiKey } = this.options;
    await waitUntilReady(this.url(), READY_TIMEOUT_MS, signal, apiKey);
    await this.until(() => this.workers.every((worker) => worker.log().includes('"worker_serving"')));
    const loaded = this.workers.flatMap((worker) => [...worker.log().matchAll(MODEL_READY)].map(([, model]) => model));
    const probe = new ApiProbe(this.url(), apiKey);
    for (const model of new Set(loaded)) {
      await this.until(async () => (await probe.get(`/v2/models/${model}/ready`, signal)).status === 200);
    }
  }

  startWorker(): ClusterProcess {
    const index = this.workers.length;
    const name = `worker-${index + 1}`;
    const worker = this.launch(name, 'worker', {
      SLUICE_WORKER_NAME: name,
      SLUICE_MODELS: this.options.models,
      SLUICE_INTRA_OP_THREADS: '1',
      ...this.options.workerEnvironment?.(index),
    });
    this.workers.push(worker);
    return worker;
  }

  async startApi(): Promise<ClusterProcess> {
    const port = await freePort();
    this.ports.push(port);
    const settings = { PORT: String(port), SLUICE_HOST: '127.0.0.1', ...this.options.apiEnvironment };
    const api = this.launch(`api-${this.apis.length + 1}`, 'api', settings);
    this.apis.push(api);
    return api;
  }

  /** The API first, then the workers; those that do not end in time are killed. */
  async stop(): Promise<void> {
    this.abort.abort(new Error('the cluster was stopped'));
    await Promise.all(this.apis.map(end));
    await Promise.all(this.workers.map(end));
    rmSync(this.logs, { recursive: true, force: true });
  }

  private async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await holds())) await delay(POLL_MS, undefined, { signal: this.abort.signal });
  }

  /** Rejects when the first process ends. */
  private anyEnd(): Promise<never> {
    const ends = [...this.apis, ...this.workers].map(async ({ name, exited }): Promise<never> => {
      throw new Error(`${name} ended: ${describeExit(await exited)}`);
    });
    return Promise.race(ends);
  }

  private launch(name: string, app: 'api' | 'worker', settings: Readonly<Record<string, string>>): ClusterProcess {
    const logFile = join(this.logs, `${name}.log`);
    const { root, redisUrl, environment } = this.options;
    const script = join(root, 'dist', 'apps', app, 'src', 'main.js');
    const env = { ...process.env, REDIS_URL: redisUrl, SLUICE_STORE: this.store, ...environment, ...settings };
    const running = startNodeProcess({ script, cwd: root, env, logFile });
    return { ...running, name, log: () => readFileSync(logFile, 'utf8') };
  }
}

async function end(running: RunningProcess): Promise<void> {
  running.terminate();
  const timer = setTimeout(() => running.kill(), STOP_GRACE_MS);
  await running.exited;
  clearTimeout(timer);
}
