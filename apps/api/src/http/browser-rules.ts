import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DoorConfig } from '@sluice/config';

const EXPOSED = ['x-sluice-error', 'retry-after', 'retry-after-ms', 'inference-header-content-length'];

/**
 * What browsers are told and asked: helmet's headers, which other sites' pages may read answers (CORS), and that no
 * other page makes a person's browser act here with the password that it remembers (Sec-Fetch-Site and Origin; clients
 * that are no browsers send neither).
 */
export function applyBrowserRules(app: NestFastifyApplication, { corsOrigins, tls }: DoorConfig): void {
  app.useSecurityHeaders({
    // Without TLS a browser that is told to upgrade finds none of the pages' scripts.
    ...(!tls && {
      strictTransportSecurity: false,
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    }),
  });
  app.enableCsrfProtection({ trustedOrigins: [...corsOrigins] });
  if (corsOrigins.length === 0) return;
  app.enableCors({
    origin: [...corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: 600,
  });
}
