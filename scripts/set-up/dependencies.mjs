import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT } from './paths.mjs';
import { runLogged } from './run-logged.mjs';

/** Installs what package-lock.json names, unless that is what node_modules holds. */
export async function installDependencies(tell) {
  if (areInstalled()) return 'packages up to date';
  tell('installing packages (npm ci)');
  await runLogged('npm-ci', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    env: {
      // The libraries for NVIDIA's GPUs are some hundred megabytes, and a failed download fails the installation.
      ...(!isCudaDecided() && !hasNvidiaGpu() && { ONNXRUNTIME_NODE_INSTALL_CUDA: 'skip' }),
      // Would compile a Redis here and now; the last step does that, where nothing else provides one.
      REDISMS_DISABLE_POSTINSTALL: '1',
    },
    // npm explains at length how it is used, after the reason.
    failsAt: 'npm error code',
    advice:
      'Is the npm registry reachable (`npm ping`)? If onnxruntime-node could not download its GPU libraries, go on\n' +
      'without them:  ONNXRUNTIME_NODE_INSTALL_CUDA=skip npm start',
  });
  return 'packages installed';
}

/**
 * npm keeps a copy of the lockfile of what it installed. Comparing the two, instead of their times, survives what git
 * and backups do to times, and notices a package that was added by hand.
 */
function areInstalled() {
  const installed = readPackages(join(ROOT, 'node_modules', '.package-lock.json'));
  if (!installed) return false;
  const wanted = readPackages(join(ROOT, 'package-lock.json'));
  const isMissing = ([path, { version, optional }]) =>
    path in installed ? installed[path].version !== version : !optional;
  return (
    !Object.entries(wanted).some(([path, entry]) => path !== '' && isMissing([path, entry])) &&
    Object.keys(installed).every((path) => path in wanted)
  );
}

/** @returns path -> entry; undefined when there is no such file */
function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

function hasNvidiaGpu() {
  return existsSync('/proc/driver/nvidia') || spawnSync('nvidia-smi', ['-L'], { stdio: 'ignore' }).status === 0;
}

function isCudaDecided() {
  return process.env.ONNXRUNTIME_NODE_INSTALL_CUDA !== undefined;
}
