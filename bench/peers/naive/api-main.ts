import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { stopWithParent } from '@sluice/local-cluster';
import { ApiModule } from './api.module.js';

stopWithParent();
const [redisUrl = ''] = process.argv.slice(2);
const app = await NestFactory.create<NestFastifyApplication>(ApiModule.connectedTo(redisUrl), new FastifyAdapter(), {
  logger: ['error', 'warn'],
});
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
process.send?.({ port: Number(new URL(await app.getUrl()).port) });
