import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Logger } from '@sluice/telemetry';

/** How long requests that are in flight may still take when the process is asked to end. */
export const DRAIN_MS = 7_000;
/** Docker, and whoever else started the process, loses patience after 10 s. */
const GIVE_UP_MS = 9_000;

/** Ends the process when an orderly end does not come about: a Redis that does not answer would hold it for ever. */
@Injectable()
export class ShutdownDeadline implements BeforeApplicationShutdown {
  constructor(private readonly logger: Logger) {}

  beforeApplicationShutdown(): void {
    setTimeout(() => {
      this.logger.fatal({ afterMs: GIVE_UP_MS }, 'shutdown_cut_short');
      process.exit(1);
    }, GIVE_UP_MS).unref();
  }
}
