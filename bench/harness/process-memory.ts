import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What each of the processes holds of the machine's memory, in bytes. @throws Error when one of them is gone */
export function readRss(pids: readonly number[]): Promise<number[]> {
  return Promise.all(pids.map(process.platform === 'linux' ? fromProc : fromPs));
}

/** Without a process for it, which would be measured too. */
async function fromProc(pid: number): Promise<number> {
  return kibibytes(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'latin1'))?.[1], pid);
}

async function fromPs(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return kibibytes(/\d+/.exec(stdout)?.[0], pid);
}

function kibibytes(text: string | undefined, pid: number): number {
  if (text === undefined) throw new Error(`nobody tells how much memory process ${pid} has`);
  return Number(text) * 1024;
}
