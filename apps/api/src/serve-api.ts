import { ShutdownSignal } from '@nestjs/common';
import type { ApiConfig } from '@sluice/config';
import type { Logger } from '@sluice/telemetry';
import { createApi } from './create-api.js';
import type { Budgets } from './door/budgets.js';

/** One process of the API: resolves when it listens. @throws SluiceError redis_unavailable; Error about the address */
export async function serveApi(config: ApiConfig, logger: Logger, budgets: Budgets): Promise<void> {
  const { app, init } = await createApi(config, logger, budgets);
  // By itself Nest ends with the signal that it got, which the first process of a container ignores.
  app.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true });
  await init();
  await app.listen(config.port, config.host);
  logger.info({ url: await app.getUrl() }, 'api_listening');
}
