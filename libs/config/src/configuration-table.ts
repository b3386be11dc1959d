import type { z } from 'zod';
import { apiSettings, workerSettings } from './settings.js';

/** docs/configuration.md: a table made from the schema, so that it cannot drift. */
export function configurationTable(): string {
  const apps = { api: apiSettings.shape, worker: workerSettings.shape } as Record<string, Record<string, z.ZodType>>;
  const names = [...new Set(Object.values(apps).flatMap((shape) => Object.keys(shape)))];
  const rows = names.map((name) => {
    const readers = Object.keys(apps).filter((app) => name in (apps[app] ?? {}));
    const schema = readers.map((app) => apps[app]?.[name]).find(Boolean);
    const fallback = schema?.safeParse(undefined).data;
    return `| \`${name}\` | ${fallback === undefined || fallback === Infinity || isEmpty(fallback) ? '' : `\`${text(fallback)}\``} | ${readers.join(', ')} | ${schema?.description ?? ''} |`;
  });
  return `# Configuration

Every setting is an environment variable. An empty one counts as not set; a wrong one stops the start and is named.
This page is made from the schema in \`libs/config/src/settings.ts\` (\`npx vitest run libs/config -u\`).

| variable | default | read by | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
