import { counted } from '../doctor/counted.js';
import { workerName, type ChosenWorkers } from './planned-worker.js';

/** So many workers that share the cores, anywhere. */
export function evenWorkers(count: number, cores: number): ChosenWorkers {
  const threads = Math.max(1, Math.floor(cores / count));
  const workers = Array.from({ length: count }, (_, index) => ({
    name: workerName(index),
    threads,
    device: undefined,
    launcher: [],
  }));
  const report =
    `${counted(count, 'worker')} with ${counted(threads, 'thread')} each, bound to nothing; ` +
    '`--workers auto` looks at the machine first\n';
  return { workers, report };
}
