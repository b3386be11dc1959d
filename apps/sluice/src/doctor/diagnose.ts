import { checkAgreement } from './checks/agreement.js';
import { checkClientLimits } from './checks/client-limits.js';
import { checkClock } from './checks/clock.js';
import { checkDoor } from './checks/door.js';
import { checkDurability } from './checks/durability.js';
import { checkEviction } from './checks/eviction.js';
import { checkLatency } from './checks/latency.js';
import { checkModels } from './checks/models.js';
import { checkModelsFolder } from './checks/models-folder.js';
import { checkNodeVersion } from './checks/node-version.js';
import { checkOpenFiles } from './checks/open-files.js';
import { checkQueues } from './checks/queues.js';
import { checkRedisMemory } from './checks/redis-memory.js';
import { checkRedisRole } from './checks/redis-role.js';
import { checkRedisVersion } from './checks/redis-version.js';
import { checkRights } from './checks/rights.js';
import { checkSettings } from './checks/settings.js';
import { checkWorkers } from './checks/workers.js';
import type { ClusterFacts, Commands, Facts, RedisFacts } from './facts.js';
import { fault, type Finding } from './finding.js';

/** What is said about one subject. */
export interface Diagnosis {
  readonly check: string;
  readonly findings: readonly Finding[];
}

/** Judges what was found out. Pure: the same facts have the same findings. */
export function diagnose(facts: Facts): Diagnosis[] {
  const { settings, machine, modelsFolder, redis, cluster, commands } = facts;
  const diagnoses: readonly Diagnosis[] = [
    { check: 'settings', findings: checkSettings(settings) },
    { check: 'door', findings: checkDoor(settings) },
    { check: 'node-version', findings: checkNodeVersion(machine) },
    { check: 'open-files', findings: checkOpenFiles(machine) },
    { check: 'models-folder', findings: checkModelsFolder(modelsFolder, machine) },
    ...(typeof redis === 'string'
      ? [unreachable(redis, commands)]
      : [...diagnoseRedis(redis, commands), ...diagnoseCluster(cluster, commands)]),
  ];
  return diagnoses.filter(({ findings }) => findings.length > 0);
}

function diagnoseRedis(redis: RedisFacts, commands: Commands): Diagnosis[] {
  return [
    { check: 'redis-version', findings: checkRedisVersion(redis) },
    { check: 'redis-role', findings: checkRedisRole(redis) },
    { check: 'rights', findings: checkRights(redis, commands) },
    { check: 'eviction', findings: checkEviction(redis, commands) },
    { check: 'redis-memory', findings: checkRedisMemory(redis, commands) },
    { check: 'durability', findings: checkDurability(redis, commands) },
    { check: 'client-limits', findings: checkClientLimits(redis, commands) },
    { check: 'latency', findings: checkLatency(redis) },
    { check: 'clock', findings: checkClock(redis) },
  ];
}

function diagnoseCluster(cluster: ClusterFacts | string, commands: Commands): Diagnosis[] {
  if (typeof cluster === 'string') return [unknownCluster(cluster)];
  return [
    { check: 'workers', findings: checkWorkers(cluster) },
    { check: 'models', findings: checkModels(cluster, commands) },
    { check: 'agreement', findings: checkAgreement(cluster, commands) },
    { check: 'queues', findings: checkQueues(cluster, commands) },
  ];
}

function unreachable(reason: string, { redisCli }: Commands): Diagnosis {
  return { check: 'redis', findings: [fault(reason, `${redisCli} PING    # REDIS_URL says where Redis is`)] };
}

function unknownCluster(reason: string): Diagnosis {
  return { check: 'workers', findings: [fault(`who is there could not be read: ${reason}`)] };
}
