import { counted } from '../counted.js';
import type { ClusterFacts } from '../facts.js';
import { fault, ok, warning, type Finding } from '../finding.js';

export function checkWorkers({ workers }: Pick<ClusterFacts, 'workers'>): Finding[] {
  const staying = workers.filter(({ state }) => state !== 'draining');
  const draining = workers.filter(({ state }) => state === 'draining');
  const list = staying.map(({ id, device }) => `${id} (${device})`).join(', ');
  return [
    staying.length === 0
      ? fault('no worker is alive: nothing is answered', 'npm start    # or: node dist/apps/worker/src/main.js')
      : ok(`${counted(staying.length, 'worker')} alive: ${list}`),
    ...draining.map(({ id }) => warning(`${id} is draining: it takes no more work`)),
  ];
}
