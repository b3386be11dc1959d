import { messageOf, SluiceError } from '@sluice/contracts';
import type { ManifestFile } from '@sluice/model-store';
import { describeValue, invalidField, quote } from '../../inference/protocol/invalid-field.js';
import { isRecord } from '../../inference/protocol/json-record.js';
import { DIGEST_PREFIX, FIELD_NAMES, isFieldName } from './upload-part.js';

const DIGEST = /^(?:sha256[:=])?(?<hex>[0-9a-f]{64})$/i;
const VERSION = /^[1-9]\d{0,17}$/;
const MAX_ORIGIN_LENGTH = 900;

/** What is said of a version beside its files, wherever it was said: in the form, or behind the address. */
export class UploadFields {
  private readonly values = new Map<string, string>();

  /** @throws SluiceError as `set` */
  static fromQuery(query: Readonly<Record<string, unknown>>): UploadFields {
    const fields = new UploadFields();
    for (const [name, values] of Object.entries(query))
      for (const value of [values].flat()) fields.set(name, String(value));
    return fields;
  }

  /** @throws SluiceError invalid_request for a name that means nothing, or comes twice */
  set(name: string, value: string): void {
    if (!isFieldName(name)) {
      const known = [...FIELD_NAMES, `${DIGEST_PREFIX}<path>`].join(', ');
      throw invalidField({ path: quote(name) }, `a file (curl -F '${name}=@…'), or one of ${known}`, 'a value');
    }
    if (this.values.has(name)) throw invalidField({ path: name }, 'it once', 'it twice');
    this.values.set(name, value);
  }

  /** Undefined: the next one. @throws SluiceError invalid_request */
  get version(): string | undefined {
    const version = this.values.get('version');
    if (version === undefined || VERSION.test(version)) return version;
    throw invalidField({ path: 'version' }, 'a positive integer, as in 2', quote(version));
  }

  /** As `config.json`, parsed but not checked. @throws SluiceError invalid_request */
  get config(): Readonly<Record<string, unknown>> {
    const text = this.values.get('config');
    if (text === undefined) return {};
    let config: unknown;
    try {
      config = JSON.parse(text);
    } catch (error) {
      throw new SluiceError('invalid_request', `config: expected JSON: ${messageOf(error)}`, { cause: error });
    }
    if (isRecord(config)) return config;
    throw invalidField({ path: 'config' }, 'an object, as in config.json', describeValue(config));
  }

  /** @throws SluiceError invalid_request */
  origin(caller: string): string {
    const origin = this.values.get('origin') ?? '';
    if (origin.length > MAX_ORIGIN_LENGTH)
      throw invalidField({ path: 'origin' }, `at most ${MAX_ORIGIN_LENGTH} characters`, `${origin.length}`);
    return origin === '' ? `pushed by ${caller}` : `${origin} (pushed by ${caller})`;
  }

  /** Compares what came with what was announced. @throws SluiceError invalid_request that names the file */
  checkDigests(files: readonly ManifestFile[]): void {
    for (const [name, value] of this.values) {
      if (!name.startsWith(DIGEST_PREFIX)) continue;
      const expected = DIGEST.exec(value)?.groups?.['hex']?.toLowerCase();
      if (expected === undefined) throw invalidField({ path: name }, 'sha256 as 64 hexadecimal digits', quote(value));
      const path = name.slice(DIGEST_PREFIX.length);
      const file = files.find((each) => each.path === path);
      if (!file) throw invalidField({ path: name }, `a file ${quote(path)} in the same request`, 'none');
      if (file.digest !== expected)
        throw new SluiceError(
          'invalid_request',
          `${path}: expected a file with sha256 ${expected}, got ${file.digest}: it was damaged on its way, push it again`,
        );
    }
  }
}
