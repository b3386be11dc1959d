import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { ProcessExit, RunningProcess } from './running-process.js';

export interface NodeProcessOptions {
  /** The script that Node runs. */
  readonly script: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where its output is appended. The process writes there itself, so nothing is lost when we die. */
  readonly logFile: string;
  /** A program, with its arguments, that becomes the one named behind it: `taskset -c 0-3`. None by default. */
  readonly launcher?: readonly string[];
}

/**
 * Starts one of Sluice's own processes.
 *
 * It gets a session of its own (setsid): at a Ctrl-C the terminal signals the whole foreground group, and the order in
 * which the cluster stops must be ours. Letting the children ignore SIGINT instead would put a duty on each of them and
 * on every process they start. The price, that nothing ends them when we are killed, is paid by the IPC channel: its end
 * is their sign to stop.
 */
export function startNodeProcess({ script, cwd, env, logFile, launcher = [] }: NodeProcessOptions): RunningProcess {
  const log = openSync(logFile, 'a');
  const [program, ...args] = [...launcher, process.execPath, '--enable-source-maps', script];
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);

  const killGroup = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  };
  const exited = new Promise<ProcessExit>((resolve) => {
    child.on('error', () => {
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
    child.once('exit', (code, signal) => {
      killGroup(); // What a crashed process had started, a sandbox for instance.
      resolve({ code, signal });
    });
  });
  return { pid: child.pid, exited, terminate: () => child.kill('SIGTERM'), kill: killGroup };
}
