import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root; ends in a slash. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Where everything is kept that a run leaves behind: logs, data, a compiled Redis. Ignored by git. */
export const STATE = join(ROOT, '.sluice');

export const LOGS = join(STATE, 'logs');
