import type { SettingsFacts } from '../facts.js';
import { fault, ok, warning, type Finding } from '../finding.js';

/** The environment as the API and the worker would see it, were they started from here. */
export function checkSettings({ api, worker, unknown }: SettingsFacts): Finding[] {
  const faults = new Set([api, worker].filter((outcome) => typeof outcome === 'string'));
  const findings = [
    ...[...faults].map((reason) => fault(onOneLine(reason), 'docs/configuration.md lists every setting')),
    ...unknown.map((sentence) => warning(sentence, `unset ${sentence.split(' ')[0]}`)),
  ];
  return findings.length > 0 ? findings : [ok('every setting is right, and known')];
}

function onOneLine(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
}
