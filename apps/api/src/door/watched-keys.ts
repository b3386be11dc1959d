import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseApiKeys, type DoorConfig } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import type { Logger } from '@sluice/telemetry';
import { KeyRing } from './key-ring.js';

/** Looked at rather than subscribed to: a secret of Kubernetes is a link to a folder that is replaced as a whole. */
const LOOK_EVERY_MS = 1_000;

/**
 * The keys that are valid now. When their file changes they are read again; a file that is not right, or gone, changes
 * nothing but the log.
 */
export class WatchedKeys {
  private ring: KeyRing | undefined;

  constructor(
    private readonly config: DoorConfig,
    private readonly logger: Logger,
  ) {
    const { keys, keysFile } = config;
    this.ring = keys && new KeyRing(keys);
    if (keysFile === undefined) {
      if (this.ring) logger.info({ keys: this.ring.names }, 'keys_loaded');
      return;
    }
    watchFile(keysFile, { interval: LOOK_EVERY_MS, persistent: false }, () => void this.read(keysFile));
    // It may have changed since the configuration was compiled.
    void this.read(keysFile);
  }

  /** Undefined: there are no keys, and everybody may come in. */
  get current(): KeyRing | undefined {
    return this.ring;
  }

  stop(): void {
    if (this.config.keysFile !== undefined) unwatchFile(this.config.keysFile);
  }

  private async read(file: string): Promise<void> {
    try {
      this.ring = new KeyRing(parseApiKeys(await readFile(file, 'utf8')));
      this.logger.info({ keys: this.ring.names }, 'keys_loaded');
    } catch (error) {
      this.logger.error({ file, reason: messageOf(error), keys: this.ring?.names }, 'keys_rejected');
    }
  }
}
