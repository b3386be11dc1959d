import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { messageOf } from '@sluice/contracts';
import type { RedisBinary } from '@sluice/embedded-redis';
import { describeExit, waitUntilReady, type Death } from '@sluice/local-cluster';
import { UsageError } from '../usage-error.js';
import { addressTable, localUrl, withoutPassword } from './address-table.js';
import { noteCluster } from './cluster-file.js';
import type { ClusterPlan } from './cluster-plan.js';
import { clusterStages } from './cluster-stages.js';
import { tailLog } from './log-tail.js';
import { modelFaults } from './model-faults.js';
import { Progress } from './progress.js';
import { StopRequest } from './stop-request.js';
import { Supervisor } from './supervisor.js';

const READY_TIMEOUT_MS = 60_000;
/** A process that dies this often before the cluster is ready will not get better. */
const MOST_DEATHS_BEFORE_READY = 3;
const TAIL_LINES = 10;
/** How often, and how long after the cluster is ready, the logs are searched for models that could not be loaded. */
const FAULTS_EVERY_MS = 500;
const FAULTS_FOR_MS = 30_000;
const KILLED_BY_INTERRUPT = 130;

export interface ClusterRun {
  readonly root: string;
  readonly plan: ClusterPlan;
  /** The server to bring along; undefined when the plan names one that runs already. */
  readonly redis: RedisBinary | undefined;
  /** Also stop when the process that started us is gone. */
  readonly watchParent: boolean;
}

/**
 * Starts a cluster, tells where it is, and stops it in order when asked to.
 *
 * @returns the process's exit code
 * @throws UsageError with the ends of the logs when the cluster does not become ready
 */
export async function runCluster({ root, plan, redis, watchParent }: ClusterRun): Promise<number> {
  const logs = join(root, '.sluice', 'logs');
  const logFile = (name: string) => join(logs, `${name}.log`);
  const workerNames = plan.workers.map(({ name }) => name);
  const names = [...(redis ? ['redis'] : []), ...workerNames, 'api'];
  mkdirSync(logs, { recursive: true });
  for (const name of names) rmSync(logFile(name), { force: true });

  const progress = new Progress(process.stdout);
  const hopeless = new AbortController();
  const onDeath = ({ name, exit, deathsInARow, restartInMs }: Death) => {
    progress.note(`  ! ${name} died (${describeExit(exit)}), restarting in ${restartInMs / 1000} s`);
    if (deathsInARow === 1) progress.note(indent(tailLog(logFile(name), TAIL_LINES)));
    // Heard only while the cluster is not ready: nobody listens later.
    if (deathsInARow >= MOST_DEATHS_BEFORE_READY) hopeless.abort(new Error(`${name} died ${deathsInARow} times`));
  };
  const cluster = clusterStages({ root, plan, redis, logFile, onDeath });
  const supervisor = new Supervisor(cluster.stages);
  const told = new Set<string>();
  const workerLogs = workerNames.map(logFile);
  // A model that cannot be served does not stop the others; whoever starts the cluster should know all the same.
  const faultTimer = setInterval(() => {
    for (const fault of modelFaults(workerLogs)) {
      if (!told.has(fault)) progress.note(`  ! ${fault}`);
      told.add(fault);
    }
  }, FAULTS_EVERY_MS);
  let exitCode = 0;
  let takeNoteBack = () => {};
  const stopRequest = new StopRequest({
    watchParent,
    onInsist: () => {
      exitCode = KILLED_BY_INTERRUPT;
      supervisor.kill();
    },
  });

  try {
    process.stdout.write(`\nStarting a cluster, with its logs in ${relative(process.cwd(), logs)}\n`);
    await supervisor.start((stage, work) => progress.step(`${stage.title} started`, work));
    if (redis) takeNoteBack = noteCluster(root, cluster.redisUrl());
    const api = localUrl(plan.host, plan.port, plan.isTls);
    const signal = AbortSignal.any([stopRequest.signal, hopeless.signal]);
    await progress.step('cluster ready', () => waitUntilReady(api, READY_TIMEOUT_MS, signal));
    const addresses = { api, redis: withoutPassword(cluster.redisUrl()), logs: relative(process.cwd(), logs) };
    process.stdout.write(`\n${addressTable(addresses)}\n`);
    setTimeout(() => clearInterval(faultTimer), FAULTS_FOR_MS).unref();
    await stopRequest.received();
  } catch (error) {
    if (!stopRequest.signal.aborted) {
      const tails = names.map((name) => `${name}.log:\n${indent(tailLog(logFile(name), TAIL_LINES))}`);
      throw new UsageError(`the cluster did not start: ${messageOf(error)}\n\n${tails.join('\n')}`, { cause: error });
    }
  } finally {
    clearInterval(faultTimer);
    takeNoteBack();
    process.stdout.write('\nStopping\n');
    await supervisor.stop((stage, work) => progress.step(`${stage.title} stopped`, work));
  }
  return exitCode;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '      ');
}
