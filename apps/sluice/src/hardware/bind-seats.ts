import { formatCpuList } from './cpu-list.js';
import type { WorkerSeat } from './worker-plan.js';

/** How a worker comes to be where it is to be. */
export interface Binding {
  /** The program, with its arguments, that starts another one bound; empty: it runs anywhere. */
  readonly launcher: readonly string[];
  readonly bindsMemory: boolean;
}

export interface BoundSeats {
  /** In the order of the seats. */
  readonly bound: readonly { readonly seat: WorkerSeat; readonly binding: Binding }[];
  readonly remarks: readonly string[];
}

/** Runs a launcher with something harmless behind it. @returns why it does not work here; undefined when it does */
export type TryLauncher = (launcher: readonly string[]) => string | undefined;

const UNBOUND: Binding = { launcher: [], bindsMemory: false };

/**
 * Finds for each seat the tool that binds it as far as this machine lets us: what is there may still be forbidden, as
 * binding memory is in most containers.
 */
export function bindSeats(seats: readonly WorkerSeat[], tryLauncher: TryLauncher): BoundSeats {
  const remarks = new Set<string>();
  const bound = seats.map((seat) => {
    const { binding, reasons } = bind(seat, tryLauncher);
    if (seat.cpus && binding === UNBOUND) remarks.add(unboundRemark(reasons));
    else if (seat.memoryNode !== undefined && seat.cpus && !binding.bindsMemory) remarks.add(memoryRemark(reasons));
    return { seat, binding };
  });
  return { bound, remarks: [...remarks] };
}

/** @returns the first that works, and why those before it do not */
function bind(seat: WorkerSeat, tryLauncher: TryLauncher): { binding: Binding; reasons: readonly string[] } {
  const reasons: string[] = [];
  for (const binding of candidates(seat)) {
    const reason = tryLauncher(binding.launcher);
    if (reason === undefined) return { binding, reasons };
    const [tool] = binding.launcher;
    reasons.push(`${tool}: ${reason}`);
  }
  // A tool that is tried twice fails for one reason.
  return { binding: UNBOUND, reasons: [...new Set(reasons)] };
}

/** The best first. */
function candidates({ cpus, memoryNode }: WorkerSeat): Binding[] {
  if (!cpus) return [];
  const list = formatCpuList(cpus);
  const coresOnly = [
    ['taskset', '-c', list],
    ['numactl', `--physcpubind=${list}`],
  ].map((launcher) => ({
    launcher,
    bindsMemory: false,
  }));
  if (memoryNode === undefined) return coresOnly;
  return [
    { launcher: ['numactl', `--physcpubind=${list}`, `--membind=${memoryNode}`], bindsMemory: true },
    ...coresOnly,
  ];
}

function memoryRemark(reasons: readonly string[]): string {
  return (
    `cores are bound, memory is not (${reasons.join('; ')}): most of it comes from the node of the cores all the same. ` +
    'It takes numactl (apt-get install numactl), in a container with --cap-add SYS_NICE'
  );
}

function unboundRemark(reasons: readonly string[]): string {
  return `nothing is bound (${reasons.join('; ')}). It takes taskset or numactl: apt-get install util-linux numactl`;
}
