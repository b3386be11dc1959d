import type { z } from 'zod';
import { apiSettings, upSettings, workerSettings } from './settings.js';

type Shape = Readonly<Record<string, z.ZodType>>;

/** docs/configuration.md: tables made from the schema, so that they cannot drift. */
export function configurationTable(): string {
  const apps: Readonly<Record<string, Shape>> = { api: apiSettings.shape, worker: workerSettings.shape };
  const names = [...new Set(Object.values(apps).flatMap((shape) => Object.keys(shape)))];
  const rows = names.map((name) => {
    const readers = Object.keys(apps).filter((app) => name in (apps[app] ?? {}));
    const schema = readers.map((app) => apps[app]?.[name]).find(Boolean);
    return `| \`${name}\` | ${defaultOf(schema)} | ${readers.join(', ')} | ${schema?.description ?? ''} |`;
  });
  const up = Object.entries<z.ZodType>(upSettings.shape);
  const upRows = up.map(([name, schema]) => `| \`${name}\` | ${defaultOf(schema)} | ${schema.description ?? ''} |`);
  return `# Configuration

Every setting is an environment variable. An empty one counts as not set; a wrong one stops the start and is named. One
that begins with \`SLUICE_\` and is no setting is named in a warning.
This page is made from the schema in \`libs/config/src/settings.ts\` (\`npx vitest run libs/config -u\`).

| variable | default | read by | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}

## \`npm start\` (\`sluice up\`)

It hands all of the above on to the API and the workers that it starts. Without \`REDIS_URL\` it brings a Redis of its own;
\`SLUICE_INTRA_OP_THREADS\` is, where it is not set, a worker's part of the cores, and \`SLUICE_WORKER_NAME\` is its own
choice. One more variable is for itself:

| variable | default | meaning |
| --- | --- | --- |
${upRows.join('\n')}
`;
}

function defaultOf(schema: z.ZodType | undefined): string {
  const fallback = schema?.safeParse(undefined).data;
  return fallback === undefined || fallback === Infinity || isEmpty(fallback) ? '' : `\`${text(fallback)}\``;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
