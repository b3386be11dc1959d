import 'reflect-metadata';
import { ShutdownSignal } from '@nestjs/common';
import { compileApiConfig, unknownSettings } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import { stopWithParent } from '@sluice/local-cluster';
import { createLogger } from '@sluice/telemetry';
import { createApi } from './create-api.js';

stopWithParent();
const config = compileApiConfig(process.env);
const logger = createLogger('api', config.logLevel);
const unknown = unknownSettings(process.env);
if (unknown.length > 0) logger.warn({ reason: unknown.join('; ') }, 'unknown_settings');
try {
  const { app, init } = await createApi(config, logger);
  // By itself Nest ends with the signal that it got, which the first process of a container ignores.
  app.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true });
  await init();
  await app.listen(config.port, config.host);
  logger.info({ url: await app.getUrl() }, 'api_listening');
} catch (error) {
  logger.fatal({ reason: messageOf(error) }, 'start_failed');
  process.exit(1);
}
