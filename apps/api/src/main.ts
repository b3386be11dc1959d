import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { compileApiConfig } from '@sluice/config';
import { stopWithParent } from '@sluice/local-cluster';
import { createLogger, NestLogger } from '@sluice/telemetry';
import { ApiModule } from './api.module.js';
import { serveOpenApi } from './docs/open-api.js';
import { fastifyServer } from './http/fastify-server.js';

stopWithParent();
const config = compileApiConfig(process.env);
const logger = createLogger('api', config.logLevel);
const app = await NestFactory.create<NestFastifyApplication>(ApiModule.with(config, logger), fastifyServer(config), {
  bodyParser: false,
  logger: new NestLogger(logger),
  abortOnError: false,
});
app.enableShutdownHooks();
serveOpenApi(app);
await app.listen(config.port, config.host);
logger.info({ url: await app.getUrl() }, 'api_listening');
