import type { Scenario } from './harness/scenario.js';

export function usage(scenarios: readonly Scenario[]): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return `npm run bench -- <scenario> [options]

${scenarios.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}

  --json           the last line of the output is one JSON object (bench/README.md has its keys)
  --repetitions N  how often it is measured (5, or what suits the scenario)
  --seconds S      how long each time (4, or what suits the scenario)
  --quick          once, for half a second: shows that it runs, and measures nothing
`;
}
