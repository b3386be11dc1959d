import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT } from './paths.mjs';
import { runLogged } from './run-logged.mjs';

const DIST = join(ROOT, 'dist');
/** Written last: a build that was interrupted has none. */
const STAMP = join(DIST, '.built-from');

const SOURCE_FOLDERS = ['apps', 'libs', 'bench', 'models'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'package-lock.json'];

/** Builds all of dist/ when it was not built from the sources that are there now. */
export async function buildIfStale(tell) {
  const digest = digestSources();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return 'build up to date';
  tell('building');
  // Nothing of a file that was deleted or renamed may stay.
  rmSync(DIST, { recursive: true, force: true });
  const nest = join(ROOT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  await runLogged('build', process.execPath, [nest, 'build', 'sluice'], {
    advice: 'If you changed nothing, this is a bug of Sluice: please report it with the lines above.',
  });
  writeFileSync(STAMP, digest);
  return 'built';
}

/** One digest of the names and contents of all that a build reads: it changes with a file that is added or deleted too. */
function digestSources() {
  const hash = createHash('sha256');
  for (const file of [...SETTINGS, ...SOURCE_FOLDERS.flatMap(sourcesBelow)].toSorted()) {
    const content = readFileSync(join(ROOT, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function sourcesBelow(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true })
    .filter((name) => /\.(ts|lua)$/.test(name) && !name.endsWith('.spec.ts'))
    .map((name) => join(folder, name));
}
