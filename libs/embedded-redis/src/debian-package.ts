import { spawnSync } from 'node:child_process';
import { runCommand } from './run-command.js';

/**
 * The package with the server's program and no service: `redis-server` would add a daemon that starts now and at every
 * boot, on port 6379, which nobody asked for.
 */
export const DEBIAN_PACKAGE = 'redis-tools';

/** Whether this is Debian or one of its kin, and we may install packages. */
export function canInstallDebianPackage(): boolean {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** @throws Error with the end of apt-get's output */
export async function installDebianPackage(): Promise<void> {
  try {
    await aptGet('install', '--yes', '--no-install-recommends', DEBIAN_PACKAGE);
  } catch {
    // The package lists are missing (as in every fresh container) or older than what the archive still serves.
    await aptGet('update');
    await aptGet('install', '--yes', '--no-install-recommends', DEBIAN_PACKAGE);
  }
}

/** Waits for another apt-get that runs at the same time, instead of failing. */
function aptGet(...args: string[]): Promise<void> {
  const options = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2'];
  return runCommand('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...options, ...args]);
}
