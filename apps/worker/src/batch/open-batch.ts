import type { PackedBatch } from '@sluice/inference-engine';
import { mayJoin, rowsOf } from '@sluice/scheduling';
import type { StagedJob } from '../buffer/staged-job.js';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import type { BufferPool } from './buffer-pool.js';
import { InputPacker } from './input-packer.js';

/** The batch that is being formed: requests of one model and one signature, packed as they come. */
export class OpenBatch {
  readonly model: HostedModel;
  readonly jobs: StagedJob[] = [];
  readonly bucket: string;
  /** Rows of a full batch; a single request may have more. */
  readonly maxRows: number;
  private packedMs = 0;
  private readonly packer: InputPacker;

  constructor(pool: BufferPool, head: StagedJob) {
    this.model = head.model;
    this.bucket = head.fitted.bucket;
    this.maxRows = head.model.costs.maxRowsOf(this.bucket);
    this.packer = new InputPacker(pool, head.fitted.inputs, head.alone ? 1 : this.maxRows);
    this.add(head);
  }

  get rows(): number {
    return rowsOf(this.jobs);
  }

  /** When the oldest of its requests was enqueued, by the worker's clock. */
  get oldestAt(): number {
    return Math.min(...this.jobs.map(({ arrivedAt }) => arrivedAt));
  }

  /** Rows that still fit; 0 when the head runs alone. */
  get room(): number {
    const [head] = this.jobs;
    return head?.alone ? 0 : Math.max(0, this.maxRows - this.rows);
  }

  accepts(job: StagedJob): boolean {
    return job.model === this.model && mayJoin(this.jobs, job, this.maxRows);
  }

  add(job: StagedJob): void {
    const startedAt = performance.now();
    this.packer.append(job.fitted.inputs, job.rows);
    this.packedMs += performance.now() - startedAt;
    this.jobs.push(job);
  }

  /** How long the copying of the inputs has taken. */
  get packingMs(): number {
    return this.packedMs;
  }

  /** What the engine takes; the batch must not grow after that. */
  pack(): PackedBatch {
    const wanted = new Set(this.jobs.flatMap(({ request }) => request.outputs));
    const outputs = this.model.loaded.signature.outputs.map(({ name }) => name).filter((name) => wanted.has(name));
    return { ...this.packer.pack(this.jobs.length), outputs };
  }

  discard(): void {
    this.packer.discard();
  }
}
