import { byArrival, type MemoryJob } from './memory-job.js';

interface Level {
  readonly priority: number;
  /** By arrival. */
  readonly jobs: MemoryJob[];
}

/** The waiting jobs of one queue in the order of their turn, with what is asked about them kept up to date. */
export class WaitingJobs {
  /** By priority; none is empty. */
  private levels: Level[] = [];
  private jobs = 0;
  private payloadBytes = 0;

  get count(): number {
    return this.jobs;
  }

  get bytes(): number {
    return this.payloadBytes;
  }

  get first(): MemoryJob | undefined {
    return this.levels[0]?.jobs[0];
  }

  /** Puts a job in its place, wherever it comes from: what came after it stays behind it. */
  add(job: MemoryJob): void {
    const { jobs } = this.levelOf(job.priority);
    jobs.splice(placeOf(jobs, job), 0, job);
    this.jobs++;
    this.payloadBytes += job.spec.payload.byteLength;
  }

  take(count: number): MemoryJob[] {
    const taken: MemoryJob[] = [];
    while (taken.length < count) {
      const [level] = this.levels;
      if (!level) break;
      taken.push(...level.jobs.splice(0, count - taken.length));
      if (level.jobs.length === 0) this.levels.shift();
    }
    for (const job of taken) this.uncount(job);
    return taken;
  }

  /** For a job that waits. */
  remove(job: MemoryJob): void {
    const level = this.levelOf(job.priority);
    level.jobs.splice(placeOf(level.jobs, job), 1);
    if (level.jobs.length === 0) this.levels = this.levels.filter((each) => each !== level);
    this.uncount(job);
  }

  /** Jobs of this level and of those before it. */
  countUpTo(priority: number): number {
    return this.levels.reduce((sum, level) => (level.priority <= priority ? sum + level.jobs.length : sum), 0);
  }

  /** Of a job that waits: 1 is the next. */
  positionOf(job: MemoryJob): number {
    const { jobs } = this.levelOf(job.priority);
    return this.countUpTo(job.priority) - jobs.length + placeOf(jobs, job) + 1;
  }

  /** The jobs below the first level that have waited since before `since`: level by level, each oldest first. */
  belowTopSince(since: number, max: number): MemoryJob[] {
    const found: MemoryJob[] = [];
    for (const { priority, jobs } of this.levels) {
      if (priority <= 1) continue;
      for (const job of jobs) {
        if (job.enqueuedAt > since || found.length === max) break;
        found.push(job);
      }
    }
    return found;
  }

  private levelOf(priority: number): Level {
    const at = this.levels.findIndex((level) => level.priority >= priority);
    const found = this.levels[at];
    if (found?.priority === priority) return found;
    const level = { priority, jobs: [] };
    this.levels.splice(at < 0 ? this.levels.length : at, 0, level);
    return level;
  }

  private uncount({ spec }: MemoryJob): void {
    this.jobs--;
    this.payloadBytes -= spec.payload.byteLength;
  }
}

/** Where a job belongs among its equals; nearly always at the end, or at the front when it comes back. */
function placeOf(jobs: readonly MemoryJob[], job: MemoryJob): number {
  const last = jobs.at(-1);
  if (!last || byArrival(last, job) < 0) return jobs.length;
  let [low, high] = [0, jobs.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byArrival(jobs[middle] ?? last, job) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
