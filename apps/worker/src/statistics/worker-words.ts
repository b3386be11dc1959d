import type { MemoryModel } from '@sluice/cluster';
import type { Demand } from '../placement/demand-meter.js';

/** What the line of one worker tells beside what every line does. */
export interface WorkerFacts {
  /** Jobs that it took in the interval, by the worker whose own queue they were in. */
  readonly stole: ReadonlyMap<string, number>;
  /** Why it leaves its work to others. */
  readonly handOff: readonly string[];
  /** What it has in memory or could have; undefined: it has no budget. */
  readonly models: readonly Pick<MemoryModel, 'queue' | 'state'>[] | undefined;
  /** What is asked of each model, by its queue; undefined: another worker decides who has which. */
  readonly demand: ReadonlyMap<string, Demand> | undefined;
}

const PREFIX = 'inference.';
const SIGNS: Readonly<Partial<Record<MemoryModel['state'], string>>> = { ready: '', loading: '+', unloading: '-' };

/** Words for the end of a line of SCHEDTRACE; docs/scheduling.md explains each. None where there is nothing to tell. */
export function workerWords({ stole, handOff, models, demand }: WorkerFacts): string[] {
  return [
    ...listed(
      'stole',
      [...stole].map(([owner, jobs]) => `${owner}:${jobs}`),
    ),
    ...listed('handoff', handOff),
    ...(models ? [`models=[${models.flatMap(inMemory).toSorted(byName).join(' ')}]`] : []),
    ...(demand ? [`asked=[${[...demand].flatMap(asked).toSorted(byName).join(' ')}]`] : []),
  ];
}

function listed(word: string, entries: readonly string[]): string[] {
  return entries.length > 0 ? [`${word}=[${entries.join(' ')}]`] : [];
}

function inMemory({ queue, state }: Pick<MemoryModel, 'queue' | 'state'>): string[] {
  const sign = SIGNS[state];
  return sign === undefined ? [] : [sign + nameOf(queue)];
}

/** `m.1:120` ms of device time come a second, `m.1:120+300` and 300 ms of it wait. */
function asked([queue, { demandMsPerSec, backlogMs }]: readonly [string, Demand]): string[] {
  const [comes, waits] = [Math.round(demandMsPerSec), Math.round(backlogMs)];
  if (comes === 0 && waits === 0) return [];
  return [`${nameOf(queue)}:${comes}${waits > 0 ? `+${waits}` : ''}`];
}

/** Model and version. */
function nameOf(queue: string): string {
  return queue.startsWith(PREFIX) ? queue.slice(PREFIX.length) : queue;
}

function byName(one: string, other: string): number {
  const name = (word: string) => word.replace(/^[+-]/, '');
  return name(one) < name(other) ? -1 : 1;
}
