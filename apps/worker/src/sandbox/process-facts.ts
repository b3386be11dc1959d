import { readdir, readFile } from 'node:fs/promises';

const KIB = 1024;
const NANOSECONDS_PER_MS = 1_000_000;

/** What the memory of a process takes, in bytes; undefined when it has ended, or where the system has no /proc. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return kib === undefined ? undefined : Number(kib) * KIB;
}

/**
 * How long a process has waited for a processor that others had, in ms: that of its threads which waited longest. 0 where
 * the system does not tell.
 */
export async function waitedForProcessorMs(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const waits = await Promise.all(
    threads.map(async (thread) => {
      const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '');
      // Time on a processor, time waited for one, number of turns.
      return Number(text.split(' ')[1] ?? 0);
    }),
  );
  return Math.max(0, ...waits) / NANOSECONDS_PER_MS;
}
