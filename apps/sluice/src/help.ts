import type { Command } from './command.js';

export function helpText(commands: ReadonlyMap<string, Command>): string {
  const width = Math.max(...[...commands.keys()].map((name) => name.length));
  const lines = [...commands].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: sluice <command>\n\nCommands:\n${lines.join('\n')}\n`;
}
