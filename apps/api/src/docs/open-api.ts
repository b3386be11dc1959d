import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { SERVER } from '../health/server-metadata.js';

export const DOCS_ROUTE = 'docs';

/** The OpenAPI document: pages at /docs, JSON at /docs-json. */
export function serveOpenApi(app: INestApplication): void {
  const outline = new DocumentBuilder()
    .setTitle('Sluice')
    .setVersion(SERVER.version)
    .setDescription('ONNX models behind the Open Inference Protocol v2; every request goes through a durable queue.')
    .build();
  SwaggerModule.setup(DOCS_ROUTE, app, () => SwaggerModule.createDocument(app, outline), {
    customSiteTitle: 'Sluice API',
  });
}
