import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { locateRedis } from '@sluice/embedded-redis';
import { Cleanups } from './harness/cleanups.js';
import { currentCommit } from './harness/commit.js';
import { machineFacts } from './harness/machine.js';
import { report } from './harness/report.js';
import { SCENARIOS } from './scenarios/registry.js';
import { usage } from './usage.js';

/** dist/bench/ is two below it. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXIT_INTERRUPTED = 130;
const USUAL = { repetitions: 5, seconds: 4 } as const;

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      repetitions: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  const [name] = positionals;
  if (name === undefined) {
    process.stdout.write(usage(SCENARIOS));
    return 0;
  }
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (!scenario || positionals.length > 1)
    throw new Error(`no scenario "${positionals.join(' ')}"\n\n${usage(SCENARIOS)}`);
  const redis = locateRedis(ROOT);
  if (!redis) throw new Error('no Redis server on this machine: run `node scripts/set-up.mjs` first');

  const [loadAverage = 0] = loadavg();
  const head = {
    scenario: scenario.name,
    commit: currentCommit(ROOT),
    date: new Date().toISOString(),
    machine: machineFacts(redis),
    loadAverage: Math.round(loadAverage * 100) / 100,
  };
  const { defaults = USUAL, quickSeconds = 0.5 } = scenario;
  const cleanups = new Cleanups();
  interruptible(cleanups);
  try {
    const measurement = await scenario.measure({
      root: ROOT,
      redis,
      repetitions: positive('repetitions', values.repetitions, values.quick ? 1 : defaults.repetitions),
      windowMs: positive('seconds', values.seconds, values.quick ? quickSeconds : defaults.seconds) * 1000,
      cleanups,
      tell: (line) => process.stderr.write(`  ${line}\n`),
    });
    const { text, json } = report(head, measurement);
    process.stdout.write(values.json ? `${text}${json}\n` : text);
  } finally {
    await cleanups.run();
  }
  return 0;
}

/** @throws Error naming the option */
function positive(option: string, given: string | undefined, fallback: number): number {
  const value = given === undefined ? fallback : Number(given);
  if (!(value > 0)) throw new Error(`--${option} takes a positive number, not "${given}"`);
  return value;
}

/** What was started ends with us, and what was written is removed. */
function interruptible(cleanups: Cleanups): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      const exit = () => process.exit(EXIT_INTERRUPTED);
      cleanups.run().then(exit, exit);
    });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`\nbench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
