import { counted } from '../counted.js';
import type { ClusterFacts, Commands, QueueFacts } from '../facts.js';
import { fault, ok, warning, type Finding } from '../finding.js';

const MUCH = 0.5;

/** Queues that do not flow. */
export function checkQueues(cluster: ClusterFacts, commands: Commands): Finding[] {
  const findings = cluster.queues.flatMap((queue) => [
    ...judgePause(queue, commands),
    ...judgeLength(queue, cluster.maxWaiting),
    ...judgeService(queue, cluster, commands),
  ]);
  if (!cluster.isComplete)
    findings.push(
      warning(
        'queues that no worker knows were not looked for: this user of Redis may not run SCAN',
        'REDIS_URL=redis://<an administrator> sluice doctor',
      ),
    );
  if (findings.length > 0) return findings;
  const sum = (count: (queue: QueueFacts) => number) =>
    cluster.queues.reduce((total, queue) => total + count(queue), 0);
  const [waiting, active] = [sum((queue) => queue.waiting), sum((queue) => queue.active)];
  return [ok(`${counted(cluster.queues.length, 'queue')}: ${counted(waiting, 'job')} waiting, ${active} running`)];
}

function judgePause({ name, paused }: QueueFacts, { put }: Commands): Finding[] {
  if (!paused) return [];
  return [warning(`queue ${name} is paused: requests are refused`, `${put}/queues/api/queues/${name}/resume`)];
}

function judgeLength({ name, waiting }: QueueFacts, most: number): Finding[] {
  if (waiting < most * MUCH) return [];
  const message = `${counted(waiting, 'job')} waiting in queue ${name}, of ${most} at most`;
  const fix = 'start more workers: SLUICE_WORKER_NAME=<name> node dist/apps/worker/src/main.js';
  if (waiting < most) return [warning(message, fix)];
  return [fault(`${message}: further requests are refused`, fix)];
}

function judgeService({ name, ref, waiting }: QueueFacts, cluster: ClusterFacts, { post }: Commands): Finding[] {
  if (!ref || waiting === 0) return [];
  const isServed = cluster.workers.some(({ models }) =>
    models.some(({ model, version, state }) => model === ref.model && version === ref.version && state === 'ready'),
  );
  if (isServed) return [];
  const message = `${counted(waiting, 'job')} waiting in queue ${name}, which no worker alive serves`;
  const load = `${post}/v2/repository/models/${ref.model}/load`;
  // Its operator wanted that, and jobs that wait for its return are left there on purpose.
  if (cluster.wishes.get(ref.model)?.state === 'unloaded')
    return [warning(`${message}: model ${ref.model} was unloaded`, load)];
  return [fault(message, load)];
}
