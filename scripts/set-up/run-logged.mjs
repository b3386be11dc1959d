import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { LOGS, ROOT } from './paths.mjs';
import { SetUpError } from './set-up-error.mjs';

const EXCERPT_LINES = 25;

/**
 * Runs a program with its output in a log of its own.
 *
 * @param {string} name the log's
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, failsAt?: string, advice: string }} options
 *   failsAt: begins the line where the log starts to tell of a failure; its end by default. advice: what to do then
 * @throws {SetUpError} with that part of the log
 */
export async function runLogged(name, command, args, { env = {}, failsAt, advice }) {
  mkdirSync(LOGS, { recursive: true });
  const file = join(LOGS, `${name}.log`);
  const log = openSync(file, 'w');
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    // npm is a .cmd file there, which only a shell starts.
    shell: process.platform === 'win32',
  });
  try {
    const [code, signal] = await once(child, 'exit');
    if (code === 0) return;
    throw new SetUpError(
      `\`${command} ${args.join(' ')}\` failed (${signal ?? `exit code ${code}`}). From ${relative(ROOT, file)}:\n\n` +
        `${excerpt(readFileSync(file, 'utf8'), failsAt)}\n\n${advice}`,
    );
  } catch (error) {
    if (error.code === 'ENOENT') throw new SetUpError(`\`${command}\` was not found. ${advice}`);
    throw error;
  } finally {
    closeSync(log);
  }
}

function excerpt(text, failsAt) {
  const lines = text.trimEnd().split('\n');
  const start = failsAt === undefined ? -1 : lines.findIndex((line) => line.startsWith(failsAt));
  return (start < 0 ? lines.slice(-EXCERPT_LINES) : lines.slice(start, start + EXCERPT_LINES)).join('\n');
}
