import type { Clock } from '@sluice/clock';
import { InMemoryModelRegistry, InMemoryRegistryHub } from '@sluice/model-registry';
import { DesiredVersions } from './desired-versions.js';

/** For a catalogue of models that are served as the workers' folders have them. */
export function nothingRegistered(clock: Clock): DesiredVersions {
  return new DesiredVersions(new InMemoryModelRegistry(new InMemoryRegistryHub(clock), clock, 'api'), clock);
}
