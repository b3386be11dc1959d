import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ApiConfig } from '@sluice/config';
import { NestLogger, type Logger } from '@sluice/telemetry';
import { ApiModule } from './api.module.js';
import { serveOpenApi } from './docs/open-api.js';
import type { Budgets } from './door/budgets.js';
import { Door } from './door/door.js';
import { applyBrowserRules } from './http/browser-rules.js';
import { fastifyServer } from './http/fastify-server.js';
import { methodNotAllowed } from './http/method-not-allowed.js';
import { Refusals } from './http/refusals.js';
import { RouteTable } from './http/route-table.js';

export interface Api {
  readonly app: NestFastifyApplication;
  readonly routes: RouteTable;
  /** Connects it; then it may listen. @throws SluiceError redis_unavailable */
  readonly init: () => Promise<void>;
}

/** The whole API of one process. @param budgets of the callers */
export async function createApi(config: ApiConfig, logger: Logger, budgets: Budgets): Promise<Api> {
  const refusals = new Refusals();
  const adapter = fastifyServer(config, new Door(config.door, budgets, logger), refusals);
  const routes = new RouteTable(adapter.getInstance());
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.with(config, logger, refusals), adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  applyBrowserRules(app, config.door);
  serveOpenApi(app);
  const init = async () => {
    await app.init();
    methodNotAllowed(adapter.getInstance(), routes);
  };
  return { app, routes, init };
}
