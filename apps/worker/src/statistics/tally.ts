import {
  REQUEST_STAGES,
  RUN_STAGES,
  type BatchStatistics,
  type Duration,
  type ModelStatistics,
  type RequestStage,
} from '@sluice/cluster';
import type { ModelRef } from '@sluice/contracts';
import type { RunCost } from '../execute/ending.js';

const NS_PER_MS = 1e6;

class Sum {
  count = 0;
  private ms = 0;

  add(ms: number, count = 1): void {
    this.count += count;
    this.ms += ms;
  }

  total(): Duration {
    return { count: this.count, ns: Math.round(this.ms * NS_PER_MS) };
  }
}

/** What was counted for one model version. */
export class Tally {
  private lastInference = 0;
  private rows = 0;
  private runs = 0;
  private readonly requests = sums(REQUEST_STAGES);
  private readonly batches = new Map<number, ReturnType<typeof runSums>>();

  /** A request has ended at an instant of the queue's clock. */
  seen(at: number): void {
    this.lastInference = Math.max(this.lastInference, at);
  }

  request(stage: RequestStage, ms: number, count = 1): void {
    this.requests[stage].add(ms, count);
  }

  /** A request of so many rows has come out of a run with a result. */
  answered(rows: number, { inputMs, inferMs, outputMs }: RunCost): void {
    this.rows += rows;
    this.requests.compute_input.add(inputMs);
    this.requests.compute_infer.add(inferMs);
    this.requests.compute_output.add(outputMs);
  }

  /** Once for each run. */
  run({ rows, inputMs, inferMs, outputMs }: RunCost): void {
    this.runs++;
    const stages = this.batches.get(rows) ?? runSums();
    this.batches.set(rows, stages);
    stages.compute_input.add(inputMs);
    stages.compute_infer.add(inferMs);
    stages.compute_output.add(outputMs);
  }

  toStatistics(ref: ModelRef): ModelStatistics {
    return {
      ref,
      lastInference: this.lastInference,
      inferenceCount: this.rows,
      executionCount: this.runs,
      requests: totals(this.requests),
      batches: [...this.batches].map(([rows, stages]): BatchStatistics => ({ rows, ...totals(stages) })),
    };
  }
}

function runSums() {
  return sums(RUN_STAGES);
}

function sums<Stage extends string>(stages: readonly Stage[]): Record<Stage, Sum> {
  return Object.fromEntries(stages.map((stage) => [stage, new Sum()])) as Record<Stage, Sum>;
}

function totals<Stage extends string>(stages: Record<Stage, Sum>): Record<Stage, Duration> {
  const entries = Object.entries<Sum>(stages).map(([stage, sum]) => [stage, sum.total()]);
  return Object.fromEntries(entries) as Record<Stage, Duration>;
}
