import type { Measurement } from './scenario.js';
import { summarise, type Summary } from './statistics.js';
import { table } from './table.js';

/** What the numbers belong to. */
export interface ReportHead {
  readonly scenario: string;
  readonly commit: string;
  readonly date: string;
  readonly machine: object;
  /** Processes that wanted a core, over the last minute, when the bench began: what else ran here. */
  readonly loadAverage: number;
}

export interface Report {
  /** For people. */
  readonly text: string;
  /** For programs: one line. */
  readonly json: string;
}

export function report(
  head: ReportHead,
  { rounds, constants, conditions, points, pointsKey = 'points' }: Measurement,
): Report {
  const values = summarise(rounds.map((round) => round.values));
  const cpu = rounds.flatMap((round) => (round.cpu ? [round.cpu] : []));
  const msPerRequest = summarise(cpu.map((each) => each.msPerRequest));
  const others = summarise(cpu.map(({ othersCores }) => ({ othersCores })));
  const rows = [
    ...Object.entries(values).map(([key, summary]) => rowOf(key, summary)),
    ...Object.entries(msPerRequest).map(([name, summary]) => rowOf(`CPU ms per request: ${name}`, summary)),
    ...Object.entries(others).map(([key, summary]) => rowOf(key, summary)),
    ...Object.entries(constants).map(([key, value]) => [key, rounded(value)]),
  ];
  const text = [
    `${head.scenario} at ${head.commit}, ${head.date}`,
    `${JSON.stringify(head.machine)}, load average before: ${head.loadAverage}`,
    ...conditions,
    '',
    table(['', 'median', 'min', 'max'], rows),
    '',
    ...(points ? [tableOf(points), ''] : []),
  ].join('\n');
  const json = {
    ...head,
    repetitions: rounds.length,
    ...mapValues(values, ({ median }) => rounded(median)),
    ...(points && { [pointsKey]: points.map((point) => mapValues(point, roundedOrText)) }),
    ...mapValues(others, ({ median }) => rounded(median)),
    ...(cpu.length > 0 && { cpuMsPerRequest: mapValues(msPerRequest, ({ median }) => rounded(median)) }),
    spread: mapValues({ ...values, ...others }, ({ min, max }) => ({ min: rounded(min), max: rounded(max) })),
    // After it: `memory` has a spread of its own.
    ...mapValues(constants, rounded),
  };
  return { text, json: JSON.stringify(json) };
}

function rowOf(key: string, { median, min, max }: Summary): (string | number)[] {
  return [key, rounded(median), rounded(min), rounded(max)];
}

function tableOf(points: NonNullable<Measurement['points']>): string {
  const rows = points.map((point) => Object.values(point).map(roundedOrText));
  return table(Object.keys(points[0] ?? {}), rows);
}

function roundedOrText(value: number | string): number | string {
  return typeof value === 'number' ? rounded(value) : value;
}

/** Four significant digits say all that was measured; of whole thousands none is lost. */
function rounded(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
