import { spawnSync } from 'node:child_process';

/** What was measured: the commit's short id, with a `+` when the sources differ from it; `unknown` outside git. */
export function currentCommit(root: string): string {
  const commit = git(root, ['rev-parse', '--short', 'HEAD']);
  if (commit === undefined) return 'unknown';
  return git(root, ['status', '--porcelain', '--untracked-files=no']) === '' ? commit : `${commit}+`;
}

function git(cwd: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
