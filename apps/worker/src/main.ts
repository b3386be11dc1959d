import 'reflect-metadata';
import { ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { compileWorkerConfig, unknownSettings } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import { stopWithParent } from '@sluice/local-cluster';
import { createLogger, NestLogger } from '@sluice/telemetry';
import { workerAdapters, WorkerModule } from './worker.module.js';

stopWithParent();
// onnxruntime 1.30 would send statistics to its makers.
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
const config = compileWorkerConfig(process.env);
const logger = createLogger(config.name, config.logLevel);
const unknown = unknownSettings(process.env);
if (unknown.length > 0) logger.warn({ reason: unknown.join('; ') }, 'unknown_settings');
try {
  const app = await NestFactory.createApplicationContext(
    WorkerModule.with(config, logger, workerAdapters(config, logger)),
    { logger: new NestLogger(logger), abortOnError: false },
  );
  // Only these: Nest's default adds SIGSEGV and SIGABRT, and a crash of native code that is "handled" hangs for ever.
  app.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true });
} catch (error) {
  logger.fatal({ reason: messageOf(error) }, 'start_failed');
  process.exit(1);
}
