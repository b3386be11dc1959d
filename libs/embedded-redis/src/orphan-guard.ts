import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Ends a server when the process that started it is gone, however that happened: SIGKILL lets nobody clean up.
 *
 * A shell holds the reading end of a pipe whose only writer is this process. The pipe's end is the sign, and unlike
 * Linux's parent-death signal it exists everywhere and does not depend on which thread started the server. SIGCONT lets
 * a server that is stopped see the SIGTERM.
 */
const SCRIPT = 'read -r _; sleep "$2"; kill -TERM "$1"; kill -CONT "$1"';

/**
 * @param pid the server
 * @param lingerSeconds how long the server outlives us, so that its clients can end in order
 * @returns takes the guard away; for when the server has ended, before its pid is given to another process
 */
export function guardOrphan(pid: number, lingerSeconds: number): () => void {
  const guard = spawn('/bin/sh', ['-c', SCRIPT, 'sluice-redis-guard', String(pid), String(lingerSeconds)], {
    // Its own session: a Ctrl-C at the terminal must not take the guard away.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A machine without /bin/sh has no guard, and that is all it lacks.
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return () => guard.kill('SIGKILL');
}
