import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../../harness/stage.js';

interface ClusterView {
  readonly workers: readonly {
    readonly id: string;
    readonly models: readonly { readonly model: string; readonly state: string }[];
  }[];
}

const POLL_MS = 10;

/** What an operator may do to the workers of a stage, over its API. */
export class Operator {
  private readonly url: string;

  constructor(stage: Stage) {
    this.url = stage.cluster.url();
  }

  async pause(workerId: string): Promise<void> {
    await this.ask(`/workers/${workerId}/pause`, 'POST');
  }

  async resume(workerId: string): Promise<void> {
    await this.ask(`/workers/${workerId}/resume`, 'POST');
  }

  /** Resolves when the workers that have it in their folder serve it. */
  async load(model: string): Promise<void> {
    await this.ask(`/v2/repository/models/${model}/load`, 'POST');
  }

  async unload(model: string): Promise<void> {
    await this.ask(`/v2/repository/models/${model}/unload`, 'POST');
  }

  /** Resolves when a worker says that it is loading a model. */
  async untilLoading(workerId: string, model: string): Promise<void> {
    for (;;) {
      const { workers } = (await (await this.ask('/cluster', 'GET')).json()) as ClusterView;
      const worker = workers.find(({ id }) => id === workerId);
      if (worker?.models.some((each) => each.model === model && each.state === 'loading')) return;
      await delay(POLL_MS);
    }
  }

  private async ask(path: string, method: string): Promise<Response> {
    const response = await fetch(this.url + path, { method });
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status} ${await response.text()}`);
    return response;
  }
}
