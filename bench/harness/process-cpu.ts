import { readdirSync, readFileSync } from 'node:fs';

/** CPU seconds used so far. */
export interface CpuReading {
  readonly at: number;
  /** Threads and kernel time included, a process' own children not. */
  readonly byProcess: Readonly<Record<string, number>>;
  /** Of all processes of the machine, those included that have ended. */
  readonly machine: number;
}

/** What a window cost, and who else was there. */
export interface CpuUse {
  readonly msPerRequest: Readonly<Record<string, number>>;
  /** Cores that processes other than ours kept busy: what they took, a measurement beside them did not have. */
  readonly othersCores: number;
}

/** Linux reports CPU times to user space in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
/** Fields 14 to 17 of /proc/<pid>/stat, counted from the one after the process' name: user and kernel time. */
const OWN_TIME = [11, 12];
const TIME_OF_ENDED_CHILDREN = [13, 14];

/**
 * CPU time that processes have used so far, and this one, as `client`.
 *
 * @param pids by the name under which their time together is reported
 * @returns undefined where there is no /proc
 * @throws Error when one of the processes is gone
 */
export function readCpu(pids: Readonly<Record<string, readonly number[]>>): CpuReading | undefined {
  if (process.platform !== 'linux') return undefined;
  const { user, system } = process.cpuUsage();
  const others = Object.entries(pids).map(([name, group]) => [
    name,
    sum(group.map((pid) => cpuSeconds(pid, OWN_TIME))),
  ]);
  return {
    at: performance.now(),
    byProcess: { ...Object.fromEntries(others), client: (user + system) / 1e6 },
    machine: machineSeconds(),
  };
}

/** Between two readings of the same processes. */
export function cpuUse(
  before: CpuReading | undefined,
  after: CpuReading | undefined,
  requests: number,
): CpuUse | undefined {
  if (!before || !after) return undefined;
  const used = Object.entries(after.byProcess).map(
    ([name, seconds]) => [name, seconds - (before.byProcess[name] ?? 0)] as const,
  );
  const ours = sum(used.map(([, seconds]) => seconds));
  const elapsed = (after.at - before.at) / 1000;
  return {
    msPerRequest: Object.fromEntries(used.map(([name, seconds]) => [name, (seconds * 1000) / requests])),
    // The counters are rounded, each for itself.
    othersCores: Math.max(0, (after.machine - before.machine - ours) / elapsed),
  };
}

/**
 * Process by process: the machine's own counters (/proc/stat) are made by looking once a tick at who runs, and miss most
 * of what runs for less than that.
 */
function machineSeconds(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return sum(
    pids.map((pid) => {
      try {
        return cpuSeconds(Number(pid), [...OWN_TIME, ...TIME_OF_ENDED_CHILDREN]);
      } catch {
        // Ended since the folder was listed: its parent has its time by now.
        return 0;
      }
    }),
  );
}

function cpuSeconds(pid: number, times: readonly number[]): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name is in parentheses, and may hold anything but the last of them.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return sum(times.map((field) => Number(fields[field]))) / TICKS_PER_SECOND;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
