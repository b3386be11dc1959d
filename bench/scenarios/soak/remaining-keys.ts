import { setTimeout as delay } from 'node:timers/promises';
import { askRedis } from '../../harness/redis-command.js';

/** What is left in Redis when everything is answered and the time of the results is over. */
export interface RemainingKeys {
  /** Neither meant to stay nor with an end of their own. */
  readonly left: readonly string[];
  /** How many stay, by kind. */
  readonly staying: Readonly<Record<string, number>>;
  /** How many go by themselves: what lives as long as a process, or for a time. */
  readonly expiring: number;
}

/** What may stay for good: a bounded number for each queue and each model, whatever was asked of them. */
const STAYING: Readonly<Record<string, RegExp>> = {
  'settings of a queue': /^bull:[^:]+:meta$/,
  'events of a queue (bounded)': /^bull:[^:]+:events$/,
  'counter of a queue': /^bull:[^:]+:(pc|id)$/,
  'wake-up mark of a queue': /^bull:[^:]+:marker$/,
  'list of the queues': /^sluice:bull:queues$/,
  'list of the workers': /^sluice:bull:workers$/,
  'who listens to a queue': /^sluice:bull:listening:/,
  'sum of the bytes kept': /^sluice:bull:kept:.*:bytes$/,
  'profiles of a model': /^sluice:bull:profiles:/,
  'statistics of a model': /^sluice:bull:statistics:/,
  'wishes for the models': /^sluice:bull:model-states$/,
  'coordination of the workers': /^sluice:bull:(coordinator-term|assignment|asked-for)$/,
};

const POLL_MS = 250;
const KEY = /\$\d+\r\n([^\r]*)\r\n/g;

/** Waits until nothing is left, or for so long. */
export async function remainingKeys(redis: URL, waitMs: number): Promise<RemainingKeys> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const remaining = await look(redis);
    if (remaining.left.length === 0 || performance.now() > deadline) return remaining;
    await delay(POLL_MS);
  }
}

async function look(redis: URL): Promise<RemainingKeys> {
  const keys = [...(await askRedis(redis, 'KEYS', '*')).matchAll(KEY)].map(([, key = '']) => key);
  const left: string[] = [];
  const staying: Record<string, number> = {};
  let expiring = 0;
  for (const key of keys) {
    const [kind] = Object.entries(STAYING).find(([, pattern]) => pattern.test(key)) ?? [];
    if (await hasEnd(redis, key)) expiring++;
    else if (kind !== undefined) staying[kind] = (staying[kind] ?? 0) + 1;
    else left.push(key);
  }
  return { left, staying, expiring };
}

/** Also one that is gone by now. */
async function hasEnd(redis: URL, key: string): Promise<boolean> {
  return !(await askRedis(redis, 'PTTL', key)).startsWith(':-1');
}
