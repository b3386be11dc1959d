import { parseArgs } from 'node:util';
import { SluiceError } from '@sluice/contracts';
import type { Command } from './command.js';
import { doctorCommand } from './doctor/doctor.command.js';
import { helpText } from './help.js';
import { modelsCommand } from './models/models.command.js';
import { upCommand } from './up/up.command.js';
import { UsageError } from './usage-error.js';

const commands: ReadonlyMap<string, Command> = new Map([
  ['up', upCommand],
  ['doctor', doctorCommand],
  ['models', modelsCommand],
]);

async function main(argv: readonly string[]): Promise<number> {
  // What follows the command's name is the command's own to parse.
  const [name, ...rest] = argv;
  const isHelp = name === undefined || name === 'help' || isHelpFlag(name);
  if (isHelp) {
    process.stdout.write(helpText(commands));
    return name === undefined ? 2 : 0;
  }
  const command = commands.get(name);
  if (!command) throw new UsageError(`there is no command \`${name}\`\n\n${helpText(commands)}`);
  return command.run(rest);
}

function isHelpFlag(argument: string): boolean {
  const { values } = parseArgs({
    args: [argument],
    options: { help: { type: 'boolean', short: 'h' } },
    strict: false,
  });
  return values.help === true;
}

function describe(error: unknown): string {
  if (error instanceof UsageError || error instanceof SluiceError) return error.message;
  return error instanceof Error && error.stack ? error.stack : String(error);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`\nsluice: ${describe(error)}\n`);
  process.exitCode = 1;
}
