import type { Introduction, Rollout } from '@sluice/contracts';
import { instructed, type Instruction } from './instructed.js';
import { awaitedJob, nextStep } from './next-step.js';
import type { RolloutStep } from './rollout-step.js';
import type { RolloutWorld, StageJob, WorkerSight } from './rollout-world.js';
import { changed, report, RESULTS, someRollout, someVersions, STRATEGY } from './rollout-world.fixture.js';

/** What a controller has seen and decided, and is about to do: at any pace, beside others, or never. */
export interface Plan {
  readonly seen: Rollout;
  readonly world: RolloutWorld;
  readonly step: RolloutStep;
  isKept: boolean;
}

/** A worker that brings about what the registry says, one thing at a time. */
class Worker {
  introduction: Introduction | undefined;
  private readonly since = new Map<string, number>();

  constructor(
    readonly id: string,
    readonly versions: Set<string>,
    private readonly bothFit: boolean,
  ) {}

  work({ live, candidate, exchange, generation }: RolloutWorld['registry']): void {
    const wanted = [live, candidate].filter((version) => version !== undefined);
    for (const version of this.since.keys()) if (!wanted.includes(version)) this.since.delete(version);
    for (const version of wanted) if (!this.since.has(version)) this.since.set(version, generation);
    const missing = [live, candidate].find((version) => version !== undefined && !this.versions.has(version));
    const isRoomLacking = !this.bothFit && this.versions.size > 0;
    // One that has exchanged the versions does not load back what it gave up for the candidate.
    const isDone = missing === undefined || (isRoomLacking && missing === live && this.versions.has(candidate ?? ''));
    const leaving = [...this.versions].filter((version) => !wanted.includes(version));
    if (isDone) leaving.slice(0, 1).forEach((version) => this.versions.delete(version));
    else if (isRoomLacking && !exchange.includes(this.id)) this.tell(missing, 'waits-for-room');
    else if (this.introduction?.version !== missing || this.introduction.stage !== 'load') this.tell(missing, 'load');
    else {
      if (isRoomLacking) this.versions.clear();
      this.versions.add(missing);
      this.tell(missing, 'ready');
    }
    if (wanted.length === 0) this.versions.clear();
  }

  sight(): WorkerSight {
    const models = [...this.versions].map((version) => report(version));
    return { id: this.id, state: 'serving', models, introduction: this.introduction };
  }

  private tell(version: string, stage: Introduction['stage']): void {
    this.introduction = { version, stage, generation: this.since.get(version)!, progress: 0, attempt: 1 };
  }
}

export class World {
  now = 1_000;
  rollout: Rollout;
  registry = someVersions();
  readonly workers = new Map<string, Worker>();
  readonly jobs = new Map<string, StageJob>();
  readonly plans: (Plan | undefined)[] = [];
  private born = 0;

  constructor(
    readonly setting: { from: string | undefined; fits: boolean[]; minServing: number },
    private readonly jobFails: () => boolean,
    private readonly onPlan: (plan: Plan) => void,
  ) {
    const { from, minServing, fits } = setting;
    this.rollout = someRollout({ from, workers: [], strategy: { ...STRATEGY, minServing } });
    this.registry = someVersions({ live: from });
    for (const _ of fits) this.join();
  }

  join(): void {
    const id = `w${this.born}`;
    const { fits } = this.setting;
    this.workers.set(id, new Worker(id, new Set(), fits[this.born++ % fits.length]!));
    const { live } = this.registry;
    if (live !== undefined) this.workers.get(id)!.versions.add(live);
  }

  look(controller: number): void {
    const awaited = awaitedJob(this.rollout);
    const world: RolloutWorld = {
      now: this.now,
      registry: this.registry,
      workers: [...this.workers.values()].map((worker) => worker.sight()),
      arms: [],
      job: awaited && (this.jobs.get(awaited.jobId) ?? { state: 'gone' }),
    };
    const step = nextStep(this.rollout, world);
    const plan = { seen: this.rollout, world, step, isKept: step.next === this.rollout };
    this.plans[controller] = plan;
    this.onPlan(plan);
  }

  /** It keeps what it has decided, if nobody was quicker. */
  keep(controller: number): void {
    const plan = this.plans[controller];
    if (!plan || plan.isKept) return;
    plan.isKept = plan.seen.revision === this.rollout.revision;
    if (plan.isKept) this.rollout = { ...plan.step.next, revision: this.rollout.revision + 1 };
    else this.plans[controller] = undefined;
  }

  /** May come at any time after, and several times. */
  bringAbout(controller: number): void {
    const plan = this.plans[controller];
    if (!plan?.isKept) return;
    for (const effect of plan.step.effects) {
      if (effect.kind === 'enqueue') {
        if (!this.jobs.has(effect.jobId)) this.jobs.set(effect.jobId, { state: 'waiting' });
      } else if (plan.world.registry === this.registry) {
        const next = changed(this.registry, effect.change, effect.id);
        if (!next) throw new Error(`the registry refuses to ${effect.change.kind}`);
        this.registry = next;
      }
    }
  }

  turn(controller: number): void {
    this.look(controller);
    this.keep(controller);
    this.bringAbout(controller);
  }

  /** Every job gets one step further. */
  doJobs(): void {
    for (const [id, job] of this.jobs) {
      if (job.state === 'waiting') this.jobs.set(id, { state: 'active' });
      if (job.state !== 'active') continue;
      const kind = (['verify', 'sandbox', 'golden'] as const).find((stage) => id.includes(stage))!;
      const error = { code: 'internal', message: 'not now' } as const;
      this.jobs.set(id, this.jobFails() ? { state: 'failed', error } : { state: 'ended', result: RESULTS[kind] });
    }
  }

  instruct(instruction: Instruction): void {
    const next = instructed(this.rollout, instruction, 'ann', this.now);
    if (next) this.rollout = { ...next, revision: this.rollout.revision + 1 };
  }
}
