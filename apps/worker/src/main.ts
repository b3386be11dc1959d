import 'reflect-metadata';
import { ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { compileWorkerConfig } from '@sluice/config';
import { stopWithParent } from '@sluice/local-cluster';
import { createLogger, NestLogger } from '@sluice/telemetry';
import { workerAdapters, WorkerModule } from './worker.module.js';

stopWithParent();
const config = compileWorkerConfig(process.env);
const logger = createLogger(config.name, config.logLevel);
const app = await NestFactory.createApplicationContext(
  WorkerModule.with(config, logger, workerAdapters(config, logger)),
  { logger: new NestLogger(logger), abortOnError: false },
);
// Only these: Nest's default adds SIGSEGV and SIGABRT, and a crash of native code that is "handled" hangs for ever.
app.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true });
