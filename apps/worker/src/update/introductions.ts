import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { Cluster } from '@sluice/cluster';
import { inferenceQueue, messageOf, type IntroduceJob, type Introduction, type ModelRef } from '@sluice/contracts';
import type { RegisteredModel } from '@sluice/model-registry';
import { Logger } from '@sluice/telemetry';
import { ModelHost } from '../lifecycle/model-host.js';
import { RegisteredVersions } from '../lifecycle/registered-versions.js';
import { WantedVersions } from '../lifecycle/wanted-versions.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { ModelRoom } from '../placement/model-room.js';
import { IntroductionBoard, type IntroductionFault } from './introduction-board.js';
import { UpdateIntake } from './update-intake.js';

const ATTEMPTS = 3;
const FIRST_BACK_OFF_MS = 1_000;

/** What was asked for last, of a model. */
interface Asked {
  /** Undefined: the job is yet to be asked for. */
  readonly jobId?: string;
  /** By this worker's clock: no job before. */
  readonly notBefore: number;
}

/**
 * Sees to it that this worker introduces what the registry wants it to: the candidate, and the live version where its
 * predecessor serves. It asks for a job in the worker's own queue, and again when that is gone: after a restart, after a
 * time without Redis, whenever what is wanted and what is there differ.
 *
 * For each model one introduction at most: *asked* (its job waits or is done), *resting* (a failed attempt, until the
 * next), *waiting for room*, *ready*, *failed*. It begins anew when the registry puts another version in, or the same one
 * again after it was taken out.
 */
@Injectable()
export class Introductions {
  private readonly asked = new Map<string, Asked>();
  private timers: Timer[] = [];
  private isUnloaded: (model: string) => boolean = () => true;
  private looking: Promise<void> | undefined;
  private lookAgain = false;

  constructor(
    private readonly registered: RegisteredVersions,
    private readonly wanted: WantedVersions,
    private readonly host: ModelHost,
    private readonly room: ModelRoom,
    private readonly board: IntroductionBoard,
    private readonly intake: UpdateIntake,
    private readonly cluster: Cluster,
    private readonly identity: WorkerIdentity,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.board.watchFaults((job, fault) => this.failed(job, fault));
  }

  /** Nothing is asked for after this. */
  async stop(): Promise<void> {
    this.isUnloaded = () => true;
    for (const timer of this.timers.splice(0)) timer.cancel();
    await this.looking;
  }

  /**
   * To be called when something may have changed, and from time to time. Never rejects.
   * @param isUnloaded whether an operator wishes that nobody serves a model
   */
  look(isUnloaded = this.isUnloaded): Promise<void> {
    this.isUnloaded = isUnloaded;
    if (this.looking) this.lookAgain = true;
    this.looking ??= this.lookAll().finally(() => {
      this.looking = undefined;
      if (!this.lookAgain) return;
      this.lookAgain = false;
      void this.look();
    });
    return this.looking;
  }

  private async lookAll(): Promise<void> {
    for (const state of this.registered.all()) {
      const target = this.isUnloaded(state.model) ? undefined : this.targetOf(state);
      if (!target) continue;
      try {
        await this.lookAt(target);
      } catch (error) {
        this.logger.warn({ ...target, reason: messageOf(error) }, 'introduction_not_asked_for');
      }
    }
  }

  /** The version that is to be introduced, or to be brought to the end of its introduction. */
  private targetOf(state: RegisteredModel): ModelRef | undefined {
    const { model, live, candidate } = state;
    const refOf = (version: string): ModelRef => ({ model, version });
    const isLiveLoaded = live !== undefined && this.host.find(refOf(live)) !== undefined;
    const hasPredecessor = this.host.hostedOf(model).some(({ ref }) => this.registered.roleOf(ref) === 'retired');
    if (live !== undefined && !isLiveLoaded && hasPredecessor && this.wanted.serves(refOf(live), false))
      return refOf(live);
    if (candidate !== undefined && this.wanted.introduces(refOf(candidate), isLiveLoaded)) return refOf(candidate);
    const told = this.board.of(model);
    const goesOn = told !== undefined && !isOver(told) && this.registered.since({ ...told, model }) !== undefined;
    return goesOn ? refOf(told.version) : undefined;
  }

  private async lookAt(ref: ModelRef): Promise<void> {
    const generation = this.registered.since(ref);
    if (generation === undefined) return;
    const told = this.board.of(ref.model);
    if (told?.version !== ref.version || told.generation !== generation)
      return this.ask({ ...ref, generation, attempt: 1 });
    const { attempt } = told;
    if (told.stage === 'failed') return;
    if (told.stage === 'ready') {
      // It was loaded, and is not any more: an operator had it unloaded, or it had to make room.
      if (!this.host.find(ref)) await this.ask({ ...ref, generation, attempt: 1 });
    } else if (told.stage === 'waits-for-room') {
      if (this.hasRoom(ref)) await this.ask({ ...ref, generation, attempt });
      // Nothing of the model is here that could make room for it: the coordinator may.
      else if (this.host.hostedOf(ref.model).length === 0) await this.cluster.askFor(inferenceQueue(ref));
    } else if (!(await this.isUnderWay(ref.model))) await this.ask({ ...ref, generation, attempt });
  }

  private hasRoom(ref: ModelRef): boolean {
    if (this.room.isThere(ref)) return true;
    const mayExchange = this.registered.of(ref.model)?.exchange.includes(this.identity.id) ?? false;
    const serving = this.host.hostedOf(ref.model).map((hosted) => hosted.ref);
    return mayExchange && this.room.whyNone(ref, serving) === undefined;
  }

  private async isUnderWay(model: string): Promise<boolean> {
    const asked = this.asked.get(model);
    if (asked?.jobId !== undefined) return this.intake.isPending(asked.jobId);
    return asked !== undefined && this.clock.now() < asked.notBefore;
  }

  private async ask({ model, version, generation, attempt }: Omit<IntroduceJob, 'kind'>): Promise<void> {
    const reason = attempt > 1 ? this.board.of(model)?.reason : undefined;
    this.asked.delete(model);
    this.board.tell(model, { version, generation, attempt, stage: 'queued', progress: 0, reason });
    const jobId = await this.intake.ask({ kind: 'introduce', model, version, generation, attempt });
    this.asked.set(model, { jobId, notBefore: 0 });
    this.logger.info({ model, version, generation, attempt, jobId }, 'introduction_asked_for');
  }

  private failed(
    { model, version, generation, attempt }: IntroduceJob,
    { reason, isLasting }: IntroductionFault,
  ): void {
    const told = this.board.of(model);
    // Another one has begun since.
    if (told?.version !== version || told.generation !== generation) return;
    const introduction = { version, generation, attempt, progress: 0, reason };
    this.logger.warn({ model, ...introduction, isLasting }, 'introduction_failed');
    if (isLasting || attempt >= ATTEMPTS) {
      this.board.tell(model, { ...introduction, stage: 'failed' });
      return;
    }
    const backOffMs = FIRST_BACK_OFF_MS * 2 ** (attempt - 1);
    this.asked.set(model, { notBefore: this.clock.now() + backOffMs });
    this.board.tell(model, { ...introduction, attempt: attempt + 1, stage: 'queued' });
    this.timers.push(this.clock.after(backOffMs, () => void this.look()));
  }
}

function isOver({ stage }: Introduction): boolean {
  return stage === 'ready' || stage === 'failed';
}
