import { Injectable } from '@nestjs/common';
import { canaryPlace } from '@sluice/scheduling';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { DesiredVersions } from './desired-versions.js';

/** Which of the requests that name no version go to the candidate. */
@Injectable()
export class CanaryChoice {
  constructor(
    private readonly desired: DesiredVersions,
    private readonly catalogue: ModelCatalogue,
  ) {}

  /**
   * The candidate, for its share of the requests and once a worker has it ready; undefined: the live version answers.
   * @param key of the requests that are to be answered by one version; undefined: it belongs to none
   * @param random a number from 0 to 1
   */
  versionFor(model: string, key: string | undefined, random = Math.random): string | undefined {
    const { candidate, canaryPercent } = this.desired.of(model);
    if (candidate === undefined || canaryPercent <= 0) return undefined;
    const place = key === undefined ? random() * 100 : canaryPlace(model, key);
    return place < canaryPercent && this.catalogue.isReady({ model, version: candidate }) ? candidate : undefined;
  }
}
