import { Injectable } from '@nestjs/common';
import { ApiConfig } from '@sluice/config';
import { messageOf, MODEL_NAME, SluiceError } from '@sluice/contracts';
import { ContentStore, faultOfFilePath, type ManifestFile, type ModelManifest } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { quote } from '../../inference/protocol/invalid-field.js';
import { VersionNumbers } from './version-numbers.js';
import type { UploadFields } from './upload-fields.js';
import type { UploadPart } from './upload-part.js';

/** Others may take the same number at the same time, or have removed a version that had it. */
const MOST_ATTEMPTS = 100;
/** What a folder says that belongs to somebody else, or is none. */
const NOT_WRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']);

export interface PushedVersion {
  readonly manifest: ModelManifest;
  /** The store had it already. */
  readonly isKnown: boolean;
}

/** Versions on their way into the content store, file by file as they arrive. */
@Injectable()
export class UploadsService {
  constructor(
    private readonly config: ApiConfig,
    private readonly store: ContentStore,
    private readonly numbers: VersionNumbers,
    private readonly logger: Logger,
  ) {}

  /**
   * What was interrupted leaves blobs that no version names, which a collection removes.
   * @param fields what the address says; the parts may say more
   * @throws SluiceError invalid_request that names what is wrong, payload_too_large, request_timeout, conflict (the version
   * has other content, or is served from the workers' folders), model_unavailable (the disk is full)
   */
  async push(
    model: string,
    parts: AsyncIterable<UploadPart>,
    fields: UploadFields,
    caller: string,
  ): Promise<PushedVersion> {
    if (!MODEL_NAME.test(model))
      throw new SluiceError(
        'invalid_request',
        `model: expected a name that matches ${MODEL_NAME}, got ${quote(model)}`,
      );
    const files = await this.receive(parts, fields);
    if (files.length === 0)
      throw new SluiceError(
        'invalid_request',
        "body: expected at least a model (curl -F 'model.onnx=@…'), got no file",
      );
    fields.checkDigests(files);
    const content = { model, files, config: fields.config, origin: fields.origin(caller), createdAt: Date.now() };
    const pushed = await this.keep(content, fields.version);
    const { version, digest } = pushed.manifest;
    this.logger.info({ model, version, digest, caller, isKnown: pushed.isKnown }, 'version_pushed');
    return pushed;
  }

  private async receive(parts: AsyncIterable<UploadPart>, fields: UploadFields): Promise<ManifestFile[]> {
    const { maxModelBytes } = this.config.limits;
    const files: ManifestFile[] = [];
    let left = maxModelBytes;
    for await (const part of parts) {
      if (part.kind === 'field') {
        fields.set(part.name, part.value);
        continue;
      }
      const { path, content } = part;
      const fault = faultOfFilePath(path);
      if (fault !== undefined)
        throw new SluiceError('invalid_request', `${quote(path)}: the path of the file ${fault}`);
      if (files.some((file) => file.path === path))
        throw new SluiceError('invalid_request', `${quote(path)}: expected each file once, it came twice`);
      const blob = await this.store.putBlob(content, { maxBytes: left }).catch((error: unknown) => {
        throw explain(error, path, maxModelBytes);
      });
      if (blob.bytes === 0 && path === 'model.onnx')
        throw new SluiceError('invalid_request', `${path}: expected a model, got an empty file`);
      left -= blob.bytes;
      files.push({ path, ...blob });
    }
    return files;
  }

  private async keep(content: Omit<ModelManifest, 'version' | 'digest'>, asked?: string): Promise<PushedVersion> {
    if (asked !== undefined) return this.keepAs(asked, content);
    const same = await this.numbers.withContent(content);
    if (same) return { manifest: same, isKnown: true };
    let number = await this.numbers.next(content.model);
    for (let attempt = 1; ; attempt++, number++) {
      try {
        return await this.keepAs(String(number), content);
      } catch (error) {
        const isTaken = error instanceof SluiceError && error.code === 'conflict';
        if (!isTaken || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  private async keepAs(version: string, content: Omit<ModelManifest, 'version' | 'digest'>): Promise<PushedVersion> {
    const ref = { model: content.model, version };
    const isKnown = await this.numbers.isStored(ref);
    if (!isKnown) this.numbers.assertNotInFolders(ref);
    return { manifest: await this.store.putManifest({ ...content, version }), isKnown };
  }
}

/** The store does not know what a file is called, nor whose limit it is. */
function explain(error: unknown, path: string, maxBytes: number): unknown {
  if (!(error instanceof SluiceError)) return isNotWritable(error) ? notWritable(error) : error;
  if (error.code !== 'payload_too_large')
    return new SluiceError(error.code, `${path}: ${error.message}`, { cause: error });
  const message = `${path}: expected a version of at most ${maxBytes} bytes in all its files (SLUICE_MAX_MODEL_BYTES)`;
  return new SluiceError('payload_too_large', message, { cause: error });
}

function isNotWritable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NOT_WRITABLE.has(String(error.code));
}

function notWritable(error: unknown): SluiceError {
  const message = `the model store cannot be written: SLUICE_STORE is to be a folder of the API's own (${messageOf(error)})`;
  return new SluiceError('model_unavailable', message, { cause: error });
}
