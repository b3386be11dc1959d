import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { messageOf } from '@sluice/contracts';
import type { Command } from '../command.js';
import { UsageError } from '../usage-error.js';
import { diagnose } from './diagnose.js';
import { gatherFacts } from './gather/gather-facts.js';
import { formatReport, hasFault, toJson } from './report.js';

/** The repository's root, from dist/apps/sluice/src/doctor. */
const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));

export const doctorCommand: Command = {
  summary: 'check the settings, Redis, the workers and the queues; says how to put right what is wrong (--json)',
  run: async (args) => {
    const isJson = wantsJson(args);
    const diagnoses = diagnose(await gatherFacts(process.env, ROOT));
    process.stdout.write(isJson ? toJson(diagnoses) : `\n${formatReport(diagnoses)}\n`);
    return hasFault(diagnoses) ? 1 : 0;
  },
};

function wantsJson(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } }).values.json;
  } catch (error) {
    const message = `\`doctor\` takes --json and nothing else, and looks at what the environment names: ${messageOf(error)}`;
    throw new UsageError(message, { cause: error });
  }
}
