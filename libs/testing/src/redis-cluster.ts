import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedRedis, freePort, type RedisBinary } from '@sluice/embedded-redis';
import { Redis } from 'ioredis';

const SLOTS = 16_384;
const READY_WITHIN_MS = 20_000;

/** A Redis Cluster of a test's own: each node serves its part of the slots, and refuses what belongs to another. */
export class TestRedisCluster {
  private constructor(
    private readonly nodes: readonly { readonly server: EmbeddedRedis; readonly client: Redis }[],
    private readonly folder: string,
  ) {}

  static async start(binary: RedisBinary, count: number): Promise<TestRedisCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-redis-cluster-'));
    const nodes = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const dataDir = join(folder, String(index));
        // By default it would be 10,000 above the port, which may be no port at all.
        const settings = { 'cluster-enabled': 'yes', 'cluster-port': String(await freePort()) };
        const server = await EmbeddedRedis.start(binary, { dataDir, settings });
        return { server, client: new Redis(server.url), busPort: settings['cluster-port'] };
      }),
    );
    const [first] = nodes;
    for (const [index, { server, client, busPort }] of nodes.entries()) {
      const from = Math.floor((index * SLOTS) / count);
      const to = Math.floor(((index + 1) * SLOTS) / count) - 1;
      await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
      if (index > 0) await first?.client.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort);
    }
    const cluster = new TestRedisCluster(nodes, folder);
    await cluster.untilReady();
    return cluster;
  }

  /** The URL of the node that serves a key. */
  async urlOf(key: string): Promise<string> {
    const slot = Number(await this.nodes[0]?.client.call('CLUSTER', 'KEYSLOT', key));
    const index = this.nodes.findIndex((_, at) => slot < Math.floor(((at + 1) * SLOTS) / this.nodes.length));
    return this.nodes[index]?.server.url ?? '';
  }

  /** How many keys each node holds. */
  keys(): Promise<number[]> {
    return Promise.all(this.nodes.map(({ client }) => client.dbsize()));
  }

  async stop(): Promise<void> {
    for (const { client } of this.nodes) client.disconnect();
    await Promise.all(this.nodes.map(({ server }) => server.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async untilReady(): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    for (;;) {
      const infos = await Promise.all(this.nodes.map(({ client }) => client.call('CLUSTER', 'INFO')));
      const isComplete = infos.every(
        (info) =>
          String(info).includes('cluster_state:ok') && String(info).includes(`known_nodes:${this.nodes.length}`),
      );
      if (isComplete) return;
      if (performance.now() > deadline)
        throw new Error(`the nodes of the Redis Cluster did not meet:\n${infos.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
