import type { ModelRef } from '@sluice/contracts';
import {
  REQUEST_STAGES,
  RUN_STAGES,
  type BatchStatistics,
  type Duration,
  type ModelStatistics,
} from './model-statistics.js';

/** The one field that is not a sum: the latest of all. */
export const LATEST_FIELD = 'last_inference';
const ROWS = 'inference_count';
const RUNS = 'execution_count';
const BATCH_FIELD = /^batch\.(\d+)\./;

/** Statistics as flat counters, which a store can add to without knowing what they mean. Zeros are left out. */
export function toFields({ lastInference, inferenceCount, executionCount, requests, batches }: ModelStatistics) {
  const fields = new Map([
    [LATEST_FIELD, Math.round(lastInference)],
    [ROWS, inferenceCount],
    [RUNS, executionCount],
  ]);
  const put = (name: string, { count, ns }: Duration) => {
    fields.set(`${name}.count`, count);
    fields.set(`${name}.ns`, Math.round(ns));
  };
  for (const stage of REQUEST_STAGES) put(stage, requests[stage]);
  for (const batch of batches) for (const stage of RUN_STAGES) put(`batch.${batch.rows}.${stage}`, batch[stage]);
  return new Map([...fields].filter(([, value]) => value > 0));
}

export function fromFields(ref: ModelRef, fields: ReadonlyMap<string, number>): ModelStatistics {
  const get = (name: string) => fields.get(name) ?? 0;
  const duration = (name: string): Duration => ({ count: get(`${name}.count`), ns: get(`${name}.ns`) });
  const sizes = new Set([...fields.keys()].flatMap((field) => BATCH_FIELD.exec(field)?.[1] ?? []).map(Number));
  return {
    ref,
    lastInference: get(LATEST_FIELD),
    inferenceCount: get(ROWS),
    executionCount: get(RUNS),
    requests: {
      success: duration('success'),
      fail: duration('fail'),
      queue: duration('queue'),
      ...runStages(duration),
    },
    batches: [...sizes]
      .toSorted((a, b) => a - b)
      .map((rows) => ({ rows, ...runStages((stage) => duration(`batch.${rows}.${stage}`)) })),
  };
}

function runStages(duration: (stage: string) => Duration): Omit<BatchStatistics, 'rows'> {
  return {
    compute_input: duration('compute_input'),
    compute_infer: duration('compute_infer'),
    compute_output: duration('compute_output'),
  };
}
