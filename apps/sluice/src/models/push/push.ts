import { readFileSync } from 'node:fs';
import { messageOf } from '@sluice/contracts';
import { UsageError } from '../../usage-error.js';
import { pushedView } from '../client/answers.js';
import type { SluiceClient } from '../client/sluice-client.js';
import { bar } from '../watch/bar.js';
import { formBody } from './form-body.js';
import { findVersion } from './version-files.js';

export interface PushOptions {
  readonly model: string;
  /** A file or a folder. */
  readonly source: string;
  readonly version?: string | undefined;
  /** The path of a `config.json`. */
  readonly config?: string | undefined;
  readonly origin?: string | undefined;
}

const REDRAW_MS = 200;

/** @throws UsageError */
export async function push(client: SluiceClient, options: PushOptions, out: NodeJS.WriteStream): Promise<void> {
  const { model, source, version, origin } = options;
  const found = findVersion(source);
  const { files } = found;
  const config = options.config ?? found.config;
  const fields = new Map<string, string>();
  if (version !== undefined) fields.set('version', version);
  if (config !== undefined) fields.set('config', readText(config));
  if (origin !== undefined) fields.set('origin', origin);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let sent = 0;
  const body = formBody(files, fields, (bytes) => (sent += bytes));
  const draw = () => out.write(`\r  ${bar(total === 0 ? 1 : sent / total)} ${megabytes(sent)} of ${megabytes(total)} `);
  const timer = out.isTTY ? setInterval(draw, REDRAW_MS) : undefined;
  try {
    const path = `/models/${encodeURIComponent(model)}/versions`;
    const pushed = await client.upload(path, body, pushedView);
    if (out.isTTY) draw();
    out.write(`${out.isTTY ? '\n' : ''}pushed ${pushed.model} ${pushed.version}: ${megabytes(pushed.bytes)}\n`);
    out.write(`roll it out with:  sluice models rollout ${pushed.model} ${pushed.version} --watch\n`);
  } finally {
    clearInterval(timer);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
