import { Injectable } from '@nestjs/common';
import type { ServedModel } from '@sluice/contracts';
import type { InferenceEngine } from '@sluice/inference-engine';

/** The engine of each platform that a model may name. */
@Injectable()
export class Engines {
  constructor(private readonly byPlatform: Readonly<Record<ServedModel['platform'], InferenceEngine>>) {}

  of(platform: ServedModel['platform']): InferenceEngine {
    return this.byPlatform[platform];
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.byPlatform).map((engine) => engine.close()));
  }
}
