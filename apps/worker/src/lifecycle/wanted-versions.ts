import { Injectable } from '@nestjs/common';
import { assertNever, inferenceQueue, type ModelRef } from '@sluice/contracts';
import { rendezvous } from '@sluice/scheduling';
import { AssignedModels } from '../placement/assigned-models.js';
import { Peers } from './peers.js';
import { RegisteredVersions } from './registered-versions.js';
import { WorkerIdentity } from './worker-identity.js';

/**
 * Which versions this worker is to have in memory: what the registry says of a model, and, under a memory budget, what
 * the coordinator has assigned to this worker.
 *
 * The coordinator decides by versions, the registry exchanges them. So where a version of a model was assigned, its
 * successor is wanted; and what came here by the registry's will stays until the coordinator has named it.
 */
@Injectable()
export class WantedVersions {
  constructor(
    private readonly registered: RegisteredVersions,
    private readonly assigned: AssignedModels,
    private readonly peers: Peers,
    private readonly identity: WorkerIdentity,
  ) {}

  /** Whether a version may be loaded by this worker for itself, or may stay: candidates are introduced, see `introduces`. */
  serves(ref: ModelRef, isLoaded: boolean): boolean {
    const role = this.registered.roleOf(ref);
    switch (role) {
      case 'unmanaged':
        return this.assigned.wants(ref, isLoaded);
      case 'live':
        return this.assigned.wants(ref, isLoaded) || this.succeeds(ref);
      case 'candidate':
        return isLoaded;
      case 'retired':
      case 'withdrawn':
        return false;
      default:
        return assertNever(role);
    }
  }

  /**
   * Whether the candidate is to be introduced here: wherever the live version is in memory, or is to be; where it is
   * assigned by itself; and, when the live version is in nobody's memory, by the first of all workers.
   */
  introduces(candidate: ModelRef, isLiveLoaded: boolean): boolean {
    if (!this.assigned.isLimited || isLiveLoaded || this.assigned.wants(candidate, false)) return true;
    const { model, version } = candidate;
    const live = this.registered.of(model)?.live;
    if (live !== undefined && this.serves({ model, version: live }, false)) return true;
    if (live !== undefined && this.peers.serve(inferenceQueue({ model, version: live }))) return false;
    return rendezvous(inferenceQueue({ model, version }), [...this.peers.alive])[0] === this.identity.id;
  }

  /** A version that was assigned here, and has gone out of service since the coordinator has decided. */
  private succeeds({ model }: ModelRef): boolean {
    const retired = this.registered.of(model)?.retired ?? [];
    return this.assigned.isLimited && retired.some((version) => this.assigned.wants({ model, version }, false));
  }
}
