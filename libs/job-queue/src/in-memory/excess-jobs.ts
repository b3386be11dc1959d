import type { QueueSettings } from '../job-queue.js';
import { keptBounds, keptBytes, RETENTION_CLASSES, retentionClass } from '../retention.js';
import type { MemoryJob } from './memory-job.js';

/** The ended jobs that are not to be kept any longer: their time is over, or they exceed a bound and are the oldest. */
export function excessJobs(jobs: Iterable<MemoryJob>, now: number, settings: QueueSettings): MemoryJob[] {
  const ended = [...jobs].filter((job) => job.state === 'ended').toSorted((a, b) => keptUntil(a) - keptUntil(b));
  return RETENTION_CLASSES.flatMap((kind) => {
    const kept = ended.filter(({ spec }) => retentionClass(spec.keepResultMs) === kind);
    const bounds = keptBounds(kind, settings);
    let bytes = kept.reduce((sum, job) => sum + sizeOf(job), 0);
    let count = kept.length;
    const firstToKeep = kept.findIndex((job) => {
      if (keptUntil(job) > now && count <= bounds.jobs && bytes <= bounds.bytes) return true;
      bytes -= sizeOf(job);
      count--;
      return false;
    });
    return firstToKeep < 0 ? kept : kept.slice(0, firstToKeep);
  });
}

function keptUntil({ ended }: MemoryJob): number {
  return ended?.keptUntil ?? Infinity;
}

function sizeOf({ ended }: MemoryJob): number {
  return keptBytes(ended?.outcome.ok ? ended.outcome.result.byteLength : 0);
}
