import { RUN_STAGES, type BatchStatistics, type Duration, type ModelStatistics } from '@sluice/cluster';

const NEVER: Duration = { count: 0, ns: 0 };

/** One model version as the statistics extension shows it. There is no response cache: nothing hits or misses it. */
export function formatStatistics({ ref, requests, batches, ...counts }: ModelStatistics) {
  return {
    name: ref.model,
    version: ref.version,
    last_inference: counts.lastInference,
    inference_count: counts.inferenceCount,
    execution_count: counts.executionCount,
    inference_stats: { ...requests, cache_hit: NEVER, cache_miss: NEVER },
    batch_stats: batches.map(formatBatch),
  };
}

function formatBatch({ rows, ...stages }: BatchStatistics) {
  return { batch_size: rows, ...Object.fromEntries(RUN_STAGES.map((stage) => [stage, stages[stage]])) };
}
