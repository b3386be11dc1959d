import { Injectable } from '@nestjs/common';
import { inferenceQueue, type ModelRef } from '@sluice/contracts';
import { ModelRegistry, type RegisteredModel, type RegisteredModels } from '@sluice/model-registry';

/**
 * - `unmanaged`: nothing is registered of the model. All versions of the folder are served.
 * - `live`, `candidate`: to be served.
 * - `retired`: was live, or was served before anything was registered. It serves until the live version does, and what
 *   waits for it was answered.
 * - `withdrawn`: was the candidate. It leaves at once.
 */
export type Role = 'unmanaged' | 'live' | 'candidate' | 'retired' | 'withdrawn';

interface Seen {
  readonly state: RegisteredModel;
  /**
   * Of each version that is to be served: the generation from which on it was without a break, as far as this worker has
   * seen; never too early.
   */
  readonly since: ReadonlyMap<string, number>;
  /** Versions that were seen in service, by what they were last. */
  readonly served: ReadonlyMap<string, 'live' | 'candidate'>;
}

/**
 * What the registry says, as this worker has heard it last: written by the registry's watch alone, read by all that serve.
 * It may be old, where this worker is cut off, and it never goes back.
 */
@Injectable()
export class RegisteredVersions {
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly registry: ModelRegistry) {}

  /** Resolves when the state is known. @param onChange called after each later one, with the names of what was changed */
  async start(onChange: (models: readonly string[]) => void): Promise<void> {
    let isFirst = true;
    await this.registry.watch((models) => {
      const changed = this.look(models);
      if (changed.length > 0 && !isFirst) onChange(changed);
      isFirst = false;
    });
  }

  /** Undefined when nothing is registered of it. */
  of(model: string): RegisteredModel | undefined {
    return this.seen.get(model)?.state;
  }

  /** The models of which something is registered. */
  all(): RegisteredModel[] {
    return [...this.seen.values()].map(({ state }) => state);
  }

  /** The live version of each. */
  live(): ModelRef[] {
    return this.all().flatMap(({ model, live }) => (live === undefined ? [] : { model, version: live }));
  }

  /** Of all versions that are or were in service, as far as the registry knows. */
  queues(): string[] {
    return this.all().flatMap(({ model, live, candidate, retired }) =>
      [live, candidate, ...retired].flatMap((version) =>
        version === undefined ? [] : inferenceQueue({ model, version }),
      ),
    );
  }

  roleOf({ model, version }: ModelRef): Role {
    const seen = this.seen.get(model);
    if (!seen) return 'unmanaged';
    if (seen.state.live === version) return 'live';
    if (seen.state.candidate === version) return 'candidate';
    return seen.served.get(version) === 'candidate' ? 'withdrawn' : 'retired';
  }

  /** Whether a version was in service since this worker has come. */
  hasServed({ model, version }: ModelRef): boolean {
    return this.seen.get(model)?.served.has(version) ?? false;
  }

  /** The generation from which on a version was to be served without a break; undefined: it is not to be. */
  since({ model, version }: ModelRef): number | undefined {
    return this.seen.get(model)?.since.get(version);
  }

  private look(models: RegisteredModels): string[] {
    const changed: string[] = [];
    for (const [name, state] of models) {
      const before = this.seen.get(name);
      if (before?.state.generation === state.generation && before.state.changeId === state.changeId) continue;
      this.seen.set(name, next(before, state));
      changed.push(name);
    }
    return changed;
  }
}

function next(before: Seen | undefined, state: RegisteredModel): Seen {
  const { live, candidate, generation } = state;
  const served = new Map(before?.served);
  const since = new Map<string, number>();
  if (candidate !== undefined) {
    served.set(candidate, 'candidate');
    // Between two states that were not the next of each other it may have been withdrawn and proposed again.
    const isNext = before?.state.generation === generation - 1;
    since.set(candidate, (isNext ? before.since.get(candidate) : undefined) ?? generation);
  }
  if (live !== undefined) {
    served.set(live, 'live');
    since.set(live, before?.since.get(live) ?? generation);
  }
  return { state, since, served };
}
