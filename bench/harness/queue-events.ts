import { inferenceQueue } from '@sluice/contracts';
import { askRedis } from './redis-command.js';

/** What happened to a job, as the script that did it wrote it down. */
export interface QueueEvent {
  /** Of the entry: Redis' clock when the script ran, in milliseconds, and a counter. */
  readonly id: string;
  readonly event: string;
  readonly jobId: string;
}

/** An entry as RESP2 has it: its id, then its fields, of which BullMQ writes the event first and the job's id second. */
const ENTRY = /\r\n(\d+-\d+)\r\n\*\d+\r\n\$5\r\nevent\r\n\$\d+\r\n(\w+)\r\n\$5\r\njobId\r\n\$\d+\r\n([^\r]+)/g;

/**
 * The record that BullMQ keeps of a model's queue: the last thousand events or so.
 *
 * @param from id of an entry; the entry itself is left out
 */
export async function readQueueEvents(redis: URL, model: string, from: string): Promise<QueueEvent[]> {
  const stream = `bull:${inferenceQueue({ model, version: '1' })}:events`;
  const text = await askRedis(redis, 'XRANGE', stream, `(${from}`, '+');
  return [...text.matchAll(ENTRY)].map(([, id = '', event = '', jobId = '']) => ({ id, event, jobId }));
}

/** When it happened, by Redis' clock: milliseconds since the epoch. */
export function timeOf({ id }: QueueEvent): number {
  return Number.parseInt(id, 10);
}
