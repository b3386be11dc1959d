import { EventEmitter, once } from 'node:events';
import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Rollout } from '@sluice/contracts';
import { RolloutBook } from '@sluice/model-registry';

/** Hears of every change of a rollout, whoever made it. */
@Injectable()
export class RolloutWatch implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly changes = new EventEmitter().setMaxListeners(0);
  private readonly closing = new AbortController();
  private active: readonly Rollout[] = [];

  constructor(private readonly rollouts: RolloutBook) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.rollouts.start();
    await this.rollouts.watch((active) => {
      this.active = active;
      this.changes.emit('change');
    });
  }

  /** Whoever follows a rollout goes on at another process. */
  beforeApplicationShutdown(): void {
    this.closing.abort();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rollouts.stop();
  }

  /** Aborted when this process ends. */
  get ends(): AbortSignal {
    return this.closing.signal;
  }

  /** Undefined: it has ended, or there is none. */
  running(id: string): Rollout | undefined {
    return this.active.find((rollout) => rollout.id === id);
  }

  /** Resolves when a rollout has changed, or after `ms`, or when this process ends. */
  async changed(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(ms)]);
    await once(this.changes, 'change', { signal }).catch(() => {});
  }
}
