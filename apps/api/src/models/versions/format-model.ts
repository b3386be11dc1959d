import type { WorkerReport } from '@sluice/cluster';
import type { RegisteredModel, Revision } from '@sluice/model-registry';
import type { ModelManifest, StoredVersion } from '@sluice/model-store';

/** A model and its versions, as `GET /models` lists it. Times are ISO 8601, UTC. */
export interface ModelView {
  readonly name: string;
  /** Answers the requests that name no version. */
  readonly live?: string | undefined;
  readonly candidate?: string | undefined;
  /** Of the requests that name no version, how many the candidate gets. */
  readonly canaryPercent: number;
  /** Counts the changes; 0: nothing was ever registered, it is served as the workers' folders have it. */
  readonly generation: number;
  /** In ascending order. */
  readonly versions: readonly VersionView[];
}

export interface VersionView {
  readonly version: string;
  /** `served`: from the workers' folders; `stored`: pushed, and not in service; `retired`: in service before. */
  readonly state: 'live' | 'candidate' | 'served' | 'stored' | 'retired';
  /** Workers alive that have it in memory. */
  readonly readyOn: number;
  /** Of all its files; absent for one that was not pushed. */
  readonly bytes?: number | undefined;
  readonly digest?: string | undefined;
  readonly origin?: string | undefined;
  readonly pushed?: string | undefined;
  /** Why it cannot be used. */
  readonly fault?: string | undefined;
}

/** A version that was pushed, with all that is known of it. */
export interface PushedView extends Pick<
  ModelManifest,
  'model' | 'version' | 'digest' | 'files' | 'config' | 'origin'
> {
  readonly bytes: number;
  readonly pushed: string;
}

export interface ChangeView {
  readonly at: string;
  readonly generation: number;
  readonly change: string;
  readonly live?: string | undefined;
  readonly candidate?: string | undefined;
  readonly canaryPercent: number;
  readonly by: string;
  readonly reason?: string | undefined;
}

export function formatModel(
  registered: RegisteredModel,
  stored: readonly StoredVersion[],
  workers: readonly WorkerReport[],
): ModelView {
  const { model, live, candidate, canaryPercent, generation, retired } = registered;
  const reports = workers.flatMap(({ models }) => models.filter((each) => each.model === model));
  const known = [...stored, ...reports].map(({ version }) => version);
  const numbers = new Set([...known, ...retired, ...[live, candidate].filter((version) => version !== undefined)]);
  const stateOf = (version: string): VersionView['state'] => {
    if (version === live) return 'live';
    if (version === candidate) return 'candidate';
    if (retired.includes(version)) return 'retired';
    return generation === 0 && reports.some((report) => report.version === version) ? 'served' : 'stored';
  };
  return {
    name: model,
    live,
    candidate,
    canaryPercent,
    generation,
    versions: [...numbers]
      .toSorted((one, other) => Number(one) - Number(other))
      .map((version) => ({
        version,
        state: stateOf(version),
        readyOn: reports.filter((report) => report.version === version && report.state === 'ready').length,
        ...summary(stored.find((each) => each.version === version)),
      })),
  };
}

function summary(stored: StoredVersion | undefined): Partial<VersionView> {
  if (stored === undefined) return {};
  if ('fault' in stored) return { fault: stored.fault };
  const { bytes, digest, origin, pushed } = formatPushed(stored);
  return { bytes, digest, origin, pushed };
}

export function formatPushed({ createdAt, ...manifest }: ModelManifest): PushedView {
  const { model, version, digest, files, config, origin } = manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { model, version, digest, bytes, files, config, origin, pushed: new Date(createdAt).toISOString() };
}

export function formatChange({ at, state, change, by, reason }: Revision): ChangeView {
  const { generation, live, candidate, canaryPercent } = state;
  return {
    at: new Date(at).toISOString(),
    generation,
    change: change.kind,
    live,
    candidate,
    canaryPercent,
    by,
    reason,
  };
}
