import type { WorkerReport } from '@sluice/cluster';
import type { ServedModel } from '@sluice/contracts';
import type { ClusterFacts, Commands } from '../facts.js';
import { warning, type Finding } from '../finding.js';
import { groupBy } from '../group-by.js';

/** Workers whose folders differ answer the same request differently, or refuse what others take. */
export function checkAgreement({ workers }: Pick<ClusterFacts, 'workers'>, { post }: Commands): Finding[] {
  const settled = workers.filter(({ state }) => state === 'serving');
  const names = new Set(settled.flatMap(({ models }) => models.map(({ model, version }) => `${model} ${version}`)));
  return [...names].flatMap((name) => {
    const [model = '', version = ''] = name.split(' ');
    const load = `${post}/v2/repository/models/${model}/load    # after their folders hold the same files`;
    const kinds = groupBy(settled, (worker) => kindOf(worker, model, version));
    const lacking = kinds.get('lacking') ?? [];
    kinds.delete('lacking');
    kinds.delete('not ready');
    const findings: Finding[] = [];
    if (lacking.length > 0 && lacking.length < settled.length)
      findings.push(warning(`${model} version ${version} is unknown to ${idsOf(lacking)}, others have it`, load));
    if (kinds.size > 1) {
      const camps = [...kinds.values()].map(idsOf).join(' | ');
      findings.push(warning(`workers disagree about ${model} version ${version}: ${camps}`, load));
    }
    return findings;
  });
}

/** What has to be the same everywhere; the device need not. */
function kindOf({ models }: WorkerReport, model: string, version: string): string {
  const report = models.find((each) => each.model === model && each.version === version);
  if (!report) return 'lacking';
  if (report.state !== 'ready') return 'not ready';
  const { platform, signature, maxBatchSize }: ServedModel = report.serving;
  return JSON.stringify([platform, signature, maxBatchSize]);
}

function idsOf(workers: readonly WorkerReport[]): string {
  return workers.map(({ id }) => id).join(', ');
}
