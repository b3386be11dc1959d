/**
 * Everything between `git clone` and a program that can be run: packages, the build, a Redis server. What is up to date
 * is left alone, so it costs a moment when there is nothing to do.
 *
 *     node scripts/set-up.mjs [--quiet]     --quiet: print only what takes long or fails
 *
 * Plain JavaScript on Node's own modules: it runs before there are any others.
 */
import process from 'node:process';
import { buildIfStale } from './set-up/build.mjs';
import { installDependencies } from './set-up/dependencies.mjs';
import { checkNode } from './set-up/node-version.mjs';
import { Progress } from './set-up/progress.mjs';
import { provideRedis } from './set-up/redis.mjs';
import { SetUpError } from './set-up/set-up-error.mjs';

const progress = new Progress({ quiet: process.argv.includes('--quiet') });

try {
  await progress.step('Node', checkNode);
  await progress.step('packages', installDependencies);
  await progress.step('build', buildIfStale);
  await progress.step('Redis', provideRedis);
} catch (error) {
  console.error(`\n${error instanceof SetUpError ? error.message : error.stack}`);
  process.exitCode = 1;
}
