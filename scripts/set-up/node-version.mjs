import process from 'node:process';
import { SetUpError } from './set-up-error.mjs';

const OLDEST = [20, 19];

/** @throws {SetUpError} when this Node is too old */
export async function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new SetUpError(
      `This is Node ${process.versions.node}; Sluice needs ${OLDEST.join('.')} or later.\n` +
        'Get one from https://nodejs.org, or with a version manager:  nvm install 24',
    );
  return `Node ${process.versions.node}`;
}
