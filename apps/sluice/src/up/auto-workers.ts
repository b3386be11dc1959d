import { bindSeats } from '../hardware/bind-seats.js';
import { planTable } from '../hardware/plan-table.js';
import { planWorkers } from '../hardware/plan-workers.js';
import { readTopology } from '../hardware/read-topology.js';
import { tryLauncher } from '../hardware/try-launcher.js';
import { visibleGpus } from '../hardware/visible-gpus.js';
import { workerName, type ChosenWorkers } from './planned-worker.js';

/** The workers that suit this machine. docs/hardware.md says what they are. */
export function autoWorkers(env: NodeJS.ProcessEnv): ChosenWorkers {
  const machine = readTopology();
  const topology = { ...machine, gpus: visibleGpus(machine.gpus, env['CUDA_VISIBLE_DEVICES']) };
  const services = ['the API', ...(env['REDIS_URL'] ? [] : ['Redis'])];
  const plan = planWorkers(topology, { device: env['SLUICE_DEVICE'] || undefined, services });
  const { bound, remarks } = bindSeats(plan.seats, tryLauncher);
  const workers = bound.map(({ seat, binding }, index) => ({ name: workerName(index), seat, binding }));
  const hidden = machine.gpus.length - topology.gpus.length;
  const threads = env['SLUICE_INTRA_OP_THREADS'];
  return {
    workers: workers.map(({ name, seat, binding }) => ({
      name,
      device: seat.device,
      threads: seat.threads,
      launcher: binding.launcher,
    })),
    report: planTable({
      topology,
      workers,
      remarks: [
        ...(hidden > 0 ? [`CUDA_VISIBLE_DEVICES hides ${hidden} of the machine's ${machine.gpus.length} GPUs`] : []),
        ...plan.remarks,
        ...remarks,
        ...(threads ? [`SLUICE_INTRA_OP_THREADS=${threads} has its way: each worker has so many threads`] : []),
      ],
    }),
  };
}
