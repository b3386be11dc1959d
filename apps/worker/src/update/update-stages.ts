import type { UpdateJob } from '@sluice/contracts';
import type { UpdateStage } from './update-stage.js';

/** The stages that a worker knows, each of another kind. */
export class UpdateStages {
  constructor(private readonly stages: readonly UpdateStage[]) {}

  of({ kind }: UpdateJob): UpdateStage | undefined {
    return this.stages.find((stage) => stage.kind === kind);
  }
}
