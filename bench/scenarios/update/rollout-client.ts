import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/** What is asked of a rollout; the rest is as the API has it. */
export interface RolloutStrategy {
  readonly canaryPercent: number;
  readonly steps: readonly number[];
  readonly minSamples: number;
  readonly maxStepSeconds: number;
  readonly golden: { readonly items: readonly object[] };
}

interface RolloutAnswer {
  readonly id: string;
  readonly phase: string;
  readonly fault?: { readonly reason: string };
}

/** Pushes versions and rolls them out, as a person would over HTTP. */
export class RolloutClient {
  constructor(private readonly url: string) {}

  /** @param files by their names within the version; `config` is the text of config.json */
  async push(model: string, version: string, files: Readonly<Record<string, string>>, config: string): Promise<void> {
    const form = new FormData();
    for (const [name, content] of Object.entries(files)) form.set(name, new Blob([content]), name);
    form.set('config', config);
    form.set('version', version);
    await this.ask(`/models/${model}/versions`, form);
  }

  /** Resolves when it is promoted. @throws Error with the reason when it is rolled back, or takes longer than `withinMs` */
  async rollOut(model: string, version: string, strategy: RolloutStrategy, withinMs: number): Promise<void> {
    const body = JSON.stringify({ version, strategy });
    const { id } = await this.ask<RolloutAnswer>(`/models/${model}/rollouts`, body);
    const deadline = performance.now() + withinMs;
    for (;;) {
      const { phase, fault } = await this.ask<RolloutAnswer>(`/models/${model}/rollouts/${id}`);
      if (phase === 'promoted') return;
      if (phase === 'rolled-back') throw new Error(`version ${version} was rolled back: ${fault?.reason}`);
      if (performance.now() > deadline) throw new Error(`version ${version} is still at ${phase} after ${withinMs} ms`);
      await delay(POLL_MS);
    }
  }

  private async ask<T>(path: string, body?: FormData | string): Promise<T> {
    const options = body === undefined ? {} : { method: 'POST', body };
    const response = await fetch(this.url + path, options);
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}
