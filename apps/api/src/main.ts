import 'reflect-metadata';
import { ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { compileApiConfig } from '@sluice/config';
import { stopWithParent } from '@sluice/local-cluster';
import { createLogger, NestLogger } from '@sluice/telemetry';
import { ApiModule } from './api.module.js';
import { serveOpenApi } from './docs/open-api.js';
import { fastifyServer } from './http/fastify-server.js';
import { methodNotAllowed } from './http/method-not-allowed.js';

stopWithParent();
const config = compileApiConfig(process.env);
const logger = createLogger('api', config.logLevel);
const adapter = fastifyServer(config);
const answerOtherMethods = methodNotAllowed(adapter.getInstance());
const app = await NestFactory.create<NestFastifyApplication>(ApiModule.with(config, logger), adapter, {
  bodyParser: false,
  logger: new NestLogger(logger),
  abortOnError: false,
});
// By itself Nest ends with the signal that it got, which the first process of a container ignores.
app.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true });
serveOpenApi(app);
await app.init();
answerOtherMethods();
await app.listen(config.port, config.host);
logger.info({ url: await app.getUrl() }, 'api_listening');
