import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedRedis, locateRedis, type RedisBinary } from '@sluice/embedded-redis';
import { TestRedisCluster } from './redis-cluster.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface TestRedisOptions {
  /** Every write is on the disk before it is acknowledged, and `restart` brings back what was acknowledged. */
  readonly durable?: boolean;
}

/**
 * A Redis server of a test's own, whatever REDIS_URL says: no test meets another's keys, and each may break its server.
 *
 * @throws Error when no Redis is installed
 */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const binary = redisBinary();
  const dataDir = options.durable ? mkdtempSync(join(tmpdir(), 'sluice-redis-')) : undefined;
  return new TestRedis(binary, dataDir, await EmbeddedRedis.start(binary, { dataDir, fsync: 'always' }));
}

/** As `startRedis`: a Redis Cluster of so many nodes, without replicas. */
export function startRedisCluster(nodes: number): Promise<TestRedisCluster> {
  return TestRedisCluster.start(redisBinary(), nodes);
}

function redisBinary(): RedisBinary {
  const binary = locateRedis(ROOT);
  if (!binary) throw new Error('no Redis server on this machine: run `node scripts/set-up.mjs` first');
  return binary;
}

/** A server that a test can freeze, crash and bring back under the same URL. */
export class TestRedis {
  readonly #binary: RedisBinary;
  readonly #dataDir: string | undefined;
  #server: EmbeddedRedis;

  constructor(binary: RedisBinary, dataDir: string | undefined, server: EmbeddedRedis) {
    this.#binary = binary;
    this.#dataDir = dataDir;
    this.#server = server;
  }

  get url(): string {
    return this.#server.url;
  }

  get port(): number {
    return this.#server.port;
  }

  get pid(): number {
    return this.#server.pid;
  }

  /** Freezes the server: connections stay open and nothing answers. */
  pause(): void {
    this.#server.pause();
  }

  resume(): void {
    this.#server.resume();
  }

  /** Crashes the server (SIGKILL) and waits until it is gone. */
  async kill(): Promise<void> {
    this.#server.kill();
    await this.#server.exited;
  }

  /** Starts the server again on its port, after ending it in order unless it is gone already. */
  async restart(): Promise<void> {
    const { port } = this.#server;
    await this.#server.stop();
    this.#server = await EmbeddedRedis.start(this.#binary, { dataDir: this.#dataDir, fsync: 'always', port });
  }

  /** Ends the server and removes its data. May be called again. */
  async stop(): Promise<void> {
    await this.#server.stop();
    if (this.#dataDir !== undefined) rmSync(this.#dataDir, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
