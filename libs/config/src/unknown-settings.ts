import { nearestName } from './nearest-name.js';
import { apiSettings, upSettings, workerSettings } from './settings.js';

const PREFIX = 'SLUICE_';
/** What clients of the API read, our examples among them: they may be set where Sluice runs too. */
const OF_CLIENTS = new Set(['SLUICE_URL', 'SLUICE_API_KEY']);
const KNOWN = [apiSettings, workerSettings, upSettings].flatMap(({ shape }) => Object.keys(shape));

/**
 * A misspelt setting is silently its default. Says of every variable that looks like a setting and is none which may have
 * been meant, a sentence each, without its value.
 */
export function unknownSettings(environment: Readonly<Record<string, string | undefined>>): string[] {
  const set = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && environment[name] !== '');
  return set
    .toSorted()
    .filter((name) => !KNOWN.includes(name))
    .flatMap((name) => {
      if (OF_CLIENTS.has(name)) return mistakenKey(name, environment);
      const meant = nearestName(
        name.slice(PREFIX.length),
        KNOWN.filter((known) => known.startsWith(PREFIX)).map((known) => known.slice(PREFIX.length)),
      );
      const advice = meant === undefined ? 'docs/configuration.md lists them all' : `did you mean ${PREFIX}${meant}?`;
      return `${name} is not a setting: ${advice}`;
    });
}

/** The one slip that leaves a door open which its owner believes to be locked. */
function mistakenKey(name: string, environment: Readonly<Record<string, string | undefined>>): string[] {
  if (name !== 'SLUICE_API_KEY' || environment['SLUICE_API_KEYS']) return [];
  return [
    'SLUICE_API_KEY is what a client sends: the API reads SLUICE_API_KEYS, and without it lets everybody in who reaches it',
  ];
}
