import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { readCpuQuota } from './cpu-quota.js';
import type { MachineTopology } from './machine-topology.js';
import { readGpus, type RunProgram } from './read-gpus.js';
import { readNodes } from './read-nodes.js';
import { systemFiles, type SystemFiles } from './system-files.js';

/** Without its daemon nvidia-smi wakes the driver first, which takes seconds where there are many GPUs. */
const PROGRAM_TIMEOUT_MS = 30_000;

export interface TopologySources {
  readonly platform: NodeJS.Platform;
  readonly files: SystemFiles;
  readonly run: RunProgram;
  /** Where nothing else tells. */
  readonly parallelism: number;
}

const THIS_MACHINE: TopologySources = {
  platform: process.platform,
  files: systemFiles,
  run: runProgram,
  parallelism: availableParallelism(),
};

/** Reads sysfs and asks `nvidia-smi`, if there is one. Never fails: what is not told is not known. */
export function readTopology({ platform, files, run, parallelism }: TopologySources = THIS_MACHINE): MachineTopology {
  const nothing = { nodes: [], memoryNodes: [], machineCpus: parallelism, cpuQuota: undefined };
  if (platform !== 'linux') return { ...nothing, gpus: [], unknown: 'only Linux tells, and lets programs be bound' };
  const found = readNodes(files);
  const cpuQuota = readCpuQuota(files);
  const gpus = readGpus(files, run, found?.nodes ?? []);
  if (!found) return { ...nothing, cpuQuota, gpus, unknown: '/sys/devices/system does not tell' };
  return { ...found, cpuQuota, gpus, unknown: undefined };
}

function runProgram(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: PROGRAM_TIMEOUT_MS,
    });
  } catch {
    return undefined;
  }
}
