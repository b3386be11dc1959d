/**
 * All static checks, side by side: types, format, lint, boundaries, dead code. One line each, and the output of those
 * that fail. The exit code is 0 when all pass.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT } from './set-up/paths.mjs';

const SOURCES = ['apps', 'libs', 'test', 'bench', 'models'].filter((folder) => existsSync(join(ROOT, folder)));

/** The slowest first, so that the short ones fill the gaps. */
const CHECKS = [
  { name: 'types', bin: 'typescript/bin/tsc', args: ['--noEmit'] },
  { name: 'lint', bin: 'oxlint/bin/oxlint', args: ['--quiet'] },
  { name: 'boundaries', bin: 'dependency-cruiser/bin/dependency-cruise.mjs', args: [...SOURCES, '--config'] },
  { name: 'dead code', bin: 'knip/bin/knip.js', args: ['--no-progress'] },
  { name: 'format', bin: 'oxfmt/bin/oxfmt', args: ['--check'] },
];

async function run({ bin, args }) {
  const child = spawn(process.execPath, [join(ROOT, 'node_modules', bin), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { passed: code === 0, output };
}

const waiting = [...CHECKS];
const failed = [];

async function work() {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const startedAt = performance.now();
    const { passed, output } = await run(check);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`  ${passed ? '✓' : '✗'} ${check.name.padEnd(12)} ${seconds} s`);
    if (!passed) failed.push({ ...check, output });
  }
}

await Promise.all(Array.from({ length: Math.min(availableParallelism(), CHECKS.length) }, work));
for (const { name, output } of failed) console.log(`\n${name}:\n${output.trim()}`);
process.exitCode = failed.length === 0 ? 0 : 1;
