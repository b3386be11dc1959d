import type { WorkerReport } from '@sluice/cluster';
import type { ModelReport } from '@sluice/contracts';
import { counted } from '../counted.js';
import type { ClusterFacts, Commands } from '../facts.js';
import { fault, ok, warning, type Finding } from '../finding.js';
import { groupBy } from '../group-by.js';

interface Held {
  readonly worker: WorkerReport;
  readonly report: ModelReport;
}

/** What the workers alive have to say about each model version. */
export function checkModels({ workers, wishes }: Pick<ClusterFacts, 'workers' | 'wishes'>, { post }: Commands) {
  const staying = workers.filter(({ state }) => state !== 'draining');
  const versions = groupBy(
    staying.flatMap((worker) => worker.models.map((report) => ({ worker, report }))),
    ({ report }) => `${report.model} version ${report.version}`,
  );
  return [...versions].flatMap(([name, held]) => {
    const [first] = held;
    if (!first || wishes.get(first.report.model)?.state === 'unloaded') return [];
    return judge(name, held, `${post}/v2/repository/models/${first.report.model}/load`);
  });
}

function judge(name: string, held: readonly Held[], load: string): Finding[] {
  const ready = held.filter(({ report }) => report.state === 'ready');
  const findings: Finding[] = ready.length > 0 ? [ok(`${name} is ready on ${counted(ready.length, 'worker')}`)] : [];
  const reasons = groupBy(
    // What is loaded when it is asked for is as it should be.
    held.filter(({ report }) => report.state !== 'ready' && report.state !== 'available'),
    ({ report }) =>
      report.state === 'unavailable' ? report.reason : `it is being ${report.state.replace('ing', 'ed')}`,
  );
  for (const [reason, those] of reasons) {
    const message = `${name} is not served by ${those.map(({ worker }) => worker.id).join(', ')}: ${reason}`;
    const isFault = ready.length === 0 && those.some(({ report }) => report.state === 'unavailable');
    findings.push(isFault ? fault(message, load) : warning(message, load));
  }
  return findings;
}
