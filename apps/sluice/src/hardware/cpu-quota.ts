import { posix } from 'node:path';
import type { SystemFiles } from './system-files.js';

/** One of /proc/self/cgroup: `0::/path` (version 2), `4:cpu,cpuacct:/path` (version 1). */
const MEMBERSHIP = /^\d+:([^:]*):(\/.*)$/;

/**
 * The CPU time a second that the cgroups of this process grant it, in CPUs: the least of all levels, any of which can set
 * one. In a container the path may be the host's and lead nowhere here; the levels above it are looked at all the same.
 *
 * @returns undefined without a limit
 */
export function readCpuQuota(files: SystemFiles): number | undefined {
  const memberships = (files.text('/proc/self/cgroup') ?? '').split('\n');
  const quotas = memberships.flatMap((line) => {
    const [, controllers = '', path = ''] = MEMBERSHIP.exec(line) ?? [];
    if (controllers === '') return levels(path).map((level) => quotaOfV2(files, `/sys/fs/cgroup${level}`));
    if (controllers.split(',').includes('cpu'))
      return levels(path).map((level) => quotaOfV1(files, `/sys/fs/cgroup/cpu${level}`));
    return [];
  });
  const limits = quotas.filter((quota) => quota !== undefined);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

/** The path and all above it: `/a/b`, `/a`, `/`. */
function levels(path: string): string[] {
  if (path === '') return [];
  const parent = posix.dirname(path);
  return parent === path ? [path] : [path, ...levels(parent)];
}

function quotaOfV2(files: SystemFiles, folder: string): number | undefined {
  const [quota, period] = (files.text(posix.join(folder, 'cpu.max')) ?? '').split(' ');
  return inCpus(quota, period);
}

function quotaOfV1(files: SystemFiles, folder: string): number | undefined {
  const read = (name: string) => files.text(posix.join(folder, name));
  return inCpus(read('cpu.cfs_quota_us'), read('cpu.cfs_period_us'));
}

/** Without a limit the quota is `max` (version 2) or -1 (version 1). */
function inCpus(quota: string | undefined, period: string | undefined): number | undefined {
  const cpus = Number(quota) / Number(period);
  return cpus > 0 ? cpus : undefined;
}
