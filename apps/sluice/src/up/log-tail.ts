import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 16_384;
const LONGEST_LINE = 2_000;

/** The last lines of a log, for people: pino's JSON is cut down to time, level, message and reason. */
export function tailLog(file: string, lines: number): string {
  return readTail(file)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-lines)
    .map((line) => readable(line).slice(0, LONGEST_LINE))
    .join('\n');
}

function readTail(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const start = Math.max(0, fstatSync(descriptor).size - TAIL_BYTES);
    const buffer = Buffer.alloc(TAIL_BYTES);
    const text = buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, TAIL_BYTES, start));
    // Where the file was cut, the first line is a piece of one.
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const LEVELS = new Map([
  [10, 'trace'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);

/** @returns the line itself when it is not pino's */
function readable(line: string): string {
  if (!line.startsWith('{')) return line;
  let entry: {
    time?: number | string;
    level?: number;
    msg?: string;
    reason?: string;
    err?: { message?: string; stack?: string };
  };
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  if (entry.level === undefined) return line;
  const time = entry.time === undefined ? '' : new Date(entry.time).toISOString().slice(11, 23);
  const level = LEVELS.get(entry.level) ?? String(entry.level);
  const error = entry.reason ?? entry.err?.stack ?? entry.err?.message;
  return [time, level, entry.msg, error].filter(Boolean).join(' ');
}
