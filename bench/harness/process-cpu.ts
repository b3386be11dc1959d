import { readFileSync } from 'node:fs';

/** CPU time by process: threads and kernel time included, its own children not. */
export type CpuSeconds = Readonly<Record<string, number>>;
/** What one request costs each process. */
export type CpuMsPerRequest = Readonly<Record<string, number>>;

/** Linux reports CPU times to user space in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
/** Fields 14 and 15 of /proc/<pid>/stat, counted from the one after the process' name. */
const UTIME = 11;
const STIME = 12;

/**
 * CPU time that processes have used so far, and this one, as `client`.
 *
 * @param pids by the name under which the time is reported
 * @returns undefined where there is no /proc
 */
export function readCpuSeconds(pids: Readonly<Record<string, number>>): CpuSeconds | undefined {
  if (process.platform !== 'linux') return undefined;
  const { user, system } = process.cpuUsage();
  const others = Object.entries(pids).map(([name, pid]) => [name, cpuSecondsOf(pid)]);
  return { ...Object.fromEntries(others), client: (user + system) / 1e6 };
}

export function cpuMsPerRequest(
  before: CpuSeconds | undefined,
  after: CpuSeconds | undefined,
  requests: number,
): CpuMsPerRequest | undefined {
  if (!before || !after) return undefined;
  const used = Object.entries(after).map(([name, seconds]) => {
    const ms = (seconds - (before[name] ?? 0)) * 1000;
    return [name, ms / requests];
  });
  return Object.fromEntries(used);
}

/** @throws Error when the process is gone */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name is in parentheses, and may hold anything but the last of them.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
}
