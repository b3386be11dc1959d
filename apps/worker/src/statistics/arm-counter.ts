import { Injectable } from '@nestjs/common';
import { ERRORS, type ArmCounts, type ModelRef } from '@sluice/contracts';
import { NO_ARM, withSample } from '@sluice/scheduling';
import { RegisteredVersions } from '../lifecycle/registered-versions.js';
import type { EndedRequest } from './ended-request.js';

/** The queue's clock has no more to tell of an instant; and nothing takes no time. */
const SHORTEST_LATENCY_MS = 1;
const SHORTEST_RUN_MS = 0.001;

/**
 * Counts how the versions of a model that has a candidate answer the requests that named none. It begins anew with each
 * generation of the registry's state; without a candidate nothing is counted.
 */
@Injectable()
export class ArmCounter {
  private readonly models = new Map<string, { readonly generation: number; readonly arms: Map<string, ArmCounts> }>();

  constructor(private readonly registered: RegisteredVersions) {}

  /** @param now by the queue's clock */
  ended({ model, version }: ModelRef, requests: readonly EndedRequest[], now: number): void {
    const state = this.registered.of(model);
    if (state?.candidate === undefined) return void this.models.delete(model);
    const unpinned = requests.filter(({ job }) => job.request.unpinned);
    if (unpinned.length === 0) return;
    const { generation } = state;
    const known = this.models.get(model);
    const { arms } = known?.generation === generation ? known : { arms: new Map<string, ArmCounts>() };
    this.models.set(model, { generation, arms });
    arms.set(version, counted(arms.get(version) ?? { model, version, generation, ...NO_ARM }, unpinned, now));
  }

  all(): ArmCounts[] {
    return [...this.models].flatMap(([model, { generation, arms }]) =>
      this.registered.of(model)?.generation === generation ? [...arms.values()] : [],
    );
  }
}

function counted(arm: ArmCounts, requests: readonly EndedRequest[], now: number): ArmCounts {
  let { answered, failed, latency, compute, rows } = arm;
  for (const { job, outcome } of requests) {
    answered++;
    if (outcome.ok) latency = withSample(latency, Math.max(SHORTEST_LATENCY_MS, now - job.leased.enqueuedAt));
    else if (ERRORS[outcome.error.code].status >= 500) failed++;
  }
  for (const cost of new Set(requests.flatMap((request) => request.cost ?? []))) {
    compute = withSample(compute, Math.max(SHORTEST_RUN_MS, cost.inferMs));
    rows = withSample(rows, Math.max(1, cost.rows));
  }
  return { ...arm, answered, failed, latency, compute, rows };
}
