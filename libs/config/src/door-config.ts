import { readFileSync } from 'node:fs';
import { messageOf } from '@sluice/contracts';
import type { z } from 'zod';
import { parseApiKeys, type ApiKey, type KeyLimits } from './api-keys.js';
import type { apiSettings } from './settings.js';

/** Who may come in, from where, and how much they may use. */
export interface DoorConfig {
  /** Undefined: everybody who reaches the API may do everything. */
  readonly keys: readonly ApiKey[] | undefined;
  /** The file that the keys are from. */
  readonly keysFile: string | undefined;
  /** For keys that name none; for everybody together where there are no keys. */
  readonly defaultLimits: KeyLimits;
  /** In PEM. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly corsOrigins: readonly string[];
  readonly receiveTimeoutMs: number;
  readonly maxConnections: number;
}

/** @throws Error naming the variable, and never a key */
export function compileDoor(env: z.infer<typeof apiSettings>): DoorConfig {
  const keysFile = isPath(env.SLUICE_API_KEYS) ? env.SLUICE_API_KEYS : undefined;
  const keys = env.SLUICE_API_KEYS === undefined ? undefined : readKeys(env.SLUICE_API_KEYS, keysFile);
  const [variable, address] =
    env.SLUICE_PUBLISHED_HOST === undefined
      ? ['SLUICE_HOST', env.SLUICE_HOST]
      : ['SLUICE_PUBLISHED_HOST', env.SLUICE_PUBLISHED_HOST];
  if (!keys && !isLoopback(address))
    throw new Error(
      `${variable} is ${address}, which others can reach: set SLUICE_API_KEYS so that not everybody may come in, or ${variable} to 127.0.0.1`,
    );
  return {
    keys,
    keysFile,
    defaultLimits: {
      requestsPerSecond: env.SLUICE_KEY_REQUESTS_PER_SECOND,
      concurrency: env.SLUICE_KEY_CONCURRENCY,
      queuedBytes: env.SLUICE_KEY_QUEUED_BYTES,
    },
    tls: readTls(env.SLUICE_TLS_CERT, env.SLUICE_TLS_KEY),
    corsOrigins: env.SLUICE_CORS_ORIGINS,
    receiveTimeoutMs: env.SLUICE_RECEIVE_TIMEOUT_MS,
    maxConnections: env.SLUICE_MAX_CONNECTIONS,
  };
}

/** No entry begins like that: the name of a key begins with a letter. */
function isPath(value: string | undefined): boolean {
  return value !== undefined && /^(?:\.{0,2}[\\/]|[a-z]:[\\/])/i.test(value);
}

function readKeys(value: string, file: string | undefined): ApiKey[] {
  try {
    return parseApiKeys(file === undefined ? value : readFileSync(file, 'utf8'));
  } catch (error) {
    const where = file === undefined ? '' : `${file}: `;
    throw new Error(`SLUICE_API_KEYS: ${where}${messageOf(error)}`, { cause: error });
  }
}

function readTls(cert: string | undefined, key: string | undefined): DoorConfig['tls'] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new Error('SLUICE_TLS_CERT and SLUICE_TLS_KEY: expected both, or none');
  return { cert: readPem('SLUICE_TLS_CERT', cert), key: readPem('SLUICE_TLS_KEY', key) };
}

function readPem(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${variable}: ${messageOf(error)}`, { cause: error });
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
