import { spawn } from 'node:child_process';

const TAIL_LINES = 12;

/**
 * Runs a program to its end, without input.
 *
 * @throws Error with the last lines of its output when it fails or cannot be started
 */
export async function runCommand(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: string) => (output = (output + chunk).slice(-20_000));
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  if (status === 0) return;
  const tail = output.trim().split('\n').slice(-TAIL_LINES).join('\n');
  throw new Error(`\`${[command, ...args].join(' ')}\` ended with ${status}:\n${tail}`);
}
