import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { stopWithParent } from '@sluice/local-cluster';
import { WorkerModule } from './worker.module.js';

stopWithParent();
const [redisUrl = '', modelPath = ''] = process.argv.slice(2);
const app = await NestFactory.createApplicationContext(WorkerModule.serving(modelPath, redisUrl), {
  logger: ['error', 'warn'],
});
app.enableShutdownHooks();
process.send?.({});
