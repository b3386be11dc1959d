import { counted } from './counted.js';
import type { Diagnosis } from './diagnose.js';
import type { Level } from './finding.js';

const MARKS = { ok: '✓', warning: '!', fault: '✗' } as const satisfies Record<Level, string>;

/** For people: a line for each finding, and below it the command that puts it right, ready to be copied. */
export function formatReport(diagnoses: readonly Diagnosis[]): string {
  const findings = diagnoses.flatMap((diagnosis) => diagnosis.findings);
  const lines = findings.flatMap(({ level, message, fix }) => [
    `  ${MARKS[level]} ${message}`,
    ...(fix === undefined ? [] : [`      ${fix}`]),
  ]);
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  return `${lines.join('\n')}\n\n  ${counted(count('fault'), 'fault')}, ${counted(count('warning'), 'warning')}, ${count('ok')} in order\n`;
}

/** For programs: `{ok, findings: [{check, level, message, fix?}]}`; `ok` is false when there is a fault. */
export function toJson(diagnoses: readonly Diagnosis[]): string {
  const findings = diagnoses.flatMap(({ check, findings: each }) => each.map((finding) => ({ check, ...finding })));
  return `${JSON.stringify({ ok: !hasFault(diagnoses), findings }, undefined, 2)}\n`;
}

export function hasFault(diagnoses: readonly Diagnosis[]): boolean {
  return diagnoses.some(({ findings }) => findings.some(({ level }) => level === 'fault'));
}
