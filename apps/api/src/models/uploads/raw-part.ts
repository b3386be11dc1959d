import type { Readable } from 'node:stream';
import type { UploadPart } from './upload-part.js';

/** A body that is a model and nothing else. */
export async function* rawPart(body: Readable): AsyncGenerator<UploadPart> {
  yield { kind: 'file', path: 'model.onnx', content: body };
}
