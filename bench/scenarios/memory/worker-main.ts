import 'reflect-metadata';
import { ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { compileWorkerConfig } from '@sluice/config';
import { stopWithParent } from '@sluice/local-cluster';
import { createLogger, NestLogger } from '@sluice/telemetry';
import { BufferPool } from '../../../apps/worker/src/batch/buffer-pool.js';
import { workerAdapters, WorkerModule } from '../../../apps/worker/src/worker.module.js';
import { GcMeter } from './gc-meter.js';
import { PlainBuffers } from './plain-buffers.js';

/** Sluice's worker as it is, or with plain buffers in the place of its pool; tells what its garbage cost when asked. */
stopWithParent();
const [buffers, redisUrl = '', models = ''] = process.argv.slice(2);
const gc = new GcMeter();
const config = compileWorkerConfig({
  REDIS_URL: redisUrl,
  SLUICE_MODELS: models,
  SLUICE_PROFILE: 'off',
  SLUICE_LOG_LEVEL: 'warn',
});
const logger = createLogger(config.name, config.logLevel);
const worker = WorkerModule.with(config, logger, workerAdapters(config, logger));
// The provider that comes last is the one that is used.
const plain = { provide: BufferPool, useClass: PlainBuffers };
const app = await NestFactory.createApplicationContext(
  buffers === 'plain' ? { ...worker, providers: [...(worker.providers ?? []), plain] } : worker,
  { logger: new NestLogger(logger), abortOnError: false },
);
app.enableShutdownHooks([ShutdownSignal.SIGTERM], { useProcessExit: true });
if (app.get(BufferPool) instanceof PlainBuffers !== (buffers === 'plain'))
  throw new Error(`the worker has not the buffers that it should have: ${buffers}`);
process.on('message', () => process.send?.(gc.take()));
process.send?.({});
