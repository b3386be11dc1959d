import { messageOf, SluiceError } from '@sluice/contracts';
import { compileRedis } from './compile-redis.js';
import { canInstallDebianPackage, DEBIAN_PACKAGE, installDebianPackage } from './debian-package.js';
import { locateRedis } from './locate-redis.js';
import type { RedisBinary } from './redis-binary.js';

/** How an installation talks to whoever started it. */
export interface InstallDialogue {
  announce(line: string): void;
  /** Asked before the system is changed. Where nobody can answer, it is true. */
  confirm(question: string): Promise<boolean>;
}

const WAYS = `Sluice needs a Redis (6.2 or later) or a Valkey server. Any one of these will do:
  - a server that runs already:  REDIS_URL=redis://user:password@host:6379 npm start
  - Debian, Ubuntu:              sudo apt-get install redis-tools
  - Fedora, Alpine, macOS:       dnf install valkey | apk add valkey | brew install redis
  - compiled by npm start:       install make and a C compiler, with access to download.redis.io`;

/**
 * Puts a Redis server on this machine: Debian's package where we may install it, else compiled from source.
 *
 * @param root the repository's root
 * @throws SluiceError `redis_unavailable`, which names every way to get one and why those tried here failed
 */
export async function installRedis(root: string, dialogue: InstallDialogue): Promise<RedisBinary> {
  const failures: string[] = [];

  if (canInstallDebianPackage()) {
    if (await dialogue.confirm(`No Redis here. Install Debian's package ${DEBIAN_PACKAGE} (it starts no service)?`)) {
      dialogue.announce(`installing Debian's package ${DEBIAN_PACKAGE} with apt-get`);
      await installDebianPackage().catch((error: unknown) => failures.push(messageOf(error)));
      const installed = locateRedis(root);
      if (installed) return installed;
      if (failures.length === 0) failures.push(`Debian's package ${DEBIAN_PACKAGE} held no server of 6.2 or later`);
    }
  }

  dialogue.announce('compiling Redis from source (a minute or two)');
  await compileRedis(root).catch((error: unknown) => failures.push(`compiling Redis: ${messageOf(error)}`));
  const compiled = locateRedis(root);
  if (compiled) return compiled;

  throw new SluiceError('redis_unavailable', `${WAYS}\n\nTried here:\n${failures.map(asItem).join('\n')}`);
}

function asItem(failure: string): string {
  return `  - ${failure.replaceAll('\n', '\n    ')}`;
}
