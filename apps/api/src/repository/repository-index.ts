import type { WorkerReport } from '@sluice/cluster';
import type { ModelReport } from '@sluice/contracts';
import type { RegisteredModel } from '@sluice/model-registry';
import type { StoredVersion } from '@sluice/model-store';

/** A model version as the repository extension lists it. */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: 'READY' | 'LOADING' | 'UNLOADING' | 'UNAVAILABLE';
  /** Why not; and where workers disagree, how many serve it. */
  readonly reason: string;
}

/**
 * Every version that a worker knows, by name and number: ready when at least one serves it, or would. And those that were
 * pushed and that no worker knows.
 */
export function repositoryIndex(
  workers: readonly WorkerReport[],
  stored: readonly StoredVersion[],
  desired: (model: string) => RegisteredModel,
): IndexEntry[] {
  const byVersion = new Map<string, ModelReport[]>();
  for (const report of workers.flatMap(({ models }) => models)) {
    const key = `${report.model}/${report.version}`;
    byVersion.set(key, [...(byVersion.get(key) ?? []), report]);
  }
  const known = [...byVersion.values()].map((reports) => entryOf(reports, workers.length));
  const others = stored.filter(({ model, version }) => !byVersion.has(`${model}/${version}`));
  return [...known, ...others.map((each) => storedEntry(each, desired(each.model)))].toSorted(byNameAndVersion);
}

function storedEntry(stored: StoredVersion, { live, candidate }: RegisteredModel): IndexEntry {
  const { model: name, version } = stored;
  const isWanted = version === live || version === candidate;
  const why = isWanted ? 'no worker has it yet' : 'pushed, and not in service: roll it out';
  return { name, version, state: 'UNAVAILABLE', reason: 'fault' in stored ? stored.fault : why };
}

function entryOf(reports: readonly ModelReport[], workers: number): IndexEntry {
  const [{ model: name, version }] = reports as [ModelReport];
  const ready = reports.filter(({ state }) => state === 'ready').length;
  const reasons = new Set(reports.flatMap((report) => (report.state === 'unavailable' ? report.reason : [])));
  const why = [...reasons].join('; ');
  if (ready === workers) return { name, version, state: 'READY', reason: '' };
  if (ready > 0) {
    const share = `ready on ${ready} of ${workers} workers`;
    return { name, version, state: 'READY', reason: why === '' ? share : `${share}: ${why}` };
  }
  if (reports.some(isOnDemand)) return { name, version, state: 'READY', reason: 'loaded when it is asked for' };
  const is = (state: ModelReport['state']) => reports.some((report) => report.state === state);
  const state = is('loading') ? 'LOADING' : is('unloading') ? 'UNLOADING' : 'UNAVAILABLE';
  return { name, version, state, reason: why };
}

function isOnDemand(report: ModelReport): boolean {
  return report.state === 'available' || ('onDemand' in report && report.onDemand === true);
}

function byNameAndVersion(a: IndexEntry, b: IndexEntry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return Number(a.version) - Number(b.version);
}
