import { compileManifest, configOf, parseManifest, type ManifestContent } from './manifest.js';

const DIGEST = 'a'.repeat(64);
const content: ManifestContent = {
  model: 'm',
  version: '2',
  files: [
    { path: 'model.onnx', digest: DIGEST, bytes: 10 },
    { path: 'data/weights.bin', digest: 'b'.repeat(64), bytes: 2 ** 33 },
  ],
  signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }], outputs: [] },
  config: { max_batch_size: 4 },
  origin: 'pushed by ci',
  createdAt: 1_700_000_000_000,
};

it('orders the files, and reads back what was written', () => {
  const manifest = compileManifest(content);
  expect(manifest).toEqual({
    ...content,
    files: content.files.toReversed(),
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest);
  expect(configOf(manifest)).toMatchObject({ platform: 'onnxruntime_onnx', maxBatchSize: 4 });
});

describe('the digest', () => {
  const digestOf = (changed: Partial<ManifestContent>) => compileManifest({ ...content, ...changed }).digest;
  const before = digestOf({});

  it.each([
    ['when it was pushed', { createdAt: 1 }],
    ['by whom', { origin: 'by hand' }],
    ['in which order files were named', { files: content.files.toReversed() }],
    ['in which order a field is written', { config: JSON.parse('{"max_batch_size": 4}') as Record<string, unknown> }],
  ])('does not say %s', (_, changed) => expect(digestOf(changed)).toBe(before));

  it.each<[string, Partial<ManifestContent>]>([
    ['a name', { model: 'n' }],
    ['a version', { version: '3' }],
    ['a file', { files: [content.files[0]!] }],
    ['a path', { files: [content.files[0]!, { ...content.files[1]!, path: 'data/w.bin' }] }],
    ['a byte', { files: [content.files[0]!, { ...content.files[1]!, digest: DIGEST }] }],
    ['the signature', { signature: undefined }],
    ['the configuration', { config: {} }],
  ])('tells apart %s', (_, changed) => expect(digestOf(changed)).not.toBe(before));
});

it('compares fields of the configuration by their names', () => {
  const one = { config: { max_batch_size: 4, share_class: 'offline', affinity: { saves_ms: 1 } } };
  const other = { config: { affinity: { saves_ms: 1 }, share_class: 'offline', max_batch_size: 4 } };
  expect(compileManifest({ ...content, ...one }).digest).toBe(compileManifest({ ...content, ...other }).digest);
});

it.each<[string, object, string]>([
  ['a name that is a path', { model: '../m' }, 'model: the name of a model'],
  ['a version that is a path', { version: '1/..' }, 'version: a version is a positive integer'],
  ['a version 0', { version: '0' }, 'version: '],
  ['no files', { files: [] }, 'files: '],
  ['no model', { files: [{ path: 'm.onnx', digest: DIGEST, bytes: 1 }] }, 'files: model.onnx is missing'],
  ['no model of the platform', { config: { platform: 'scripted' } }, 'files: model.json is missing'],
  ['a path that leaves', { files: [{ path: '../m', digest: DIGEST, bytes: 1 }] }, 'files.0.path: the path has ".."'],
  [
    'one file twice',
    { files: [content.files[0], { ...content.files[0], path: 'MODEL.onnx' }] },
    'files: "model.onnx" and "MODEL.onnx" are the same',
  ],
  ['another hash', { files: [{ path: 'model.onnx', digest: 'A'.repeat(64), bytes: 1 }] }, 'files.0.digest: expected'],
  ['a size below zero', { files: [{ path: 'model.onnx', digest: DIGEST, bytes: -1 }] }, 'files.0.bytes: '],
  [
    'an unknown datatype',
    { signature: { inputs: [{ name: 'x', datatype: 'F', shape: [] }], outputs: [] } },
    'datatype',
  ],
  ['a configuration with an unknown key', { config: { max_batchsize: 4 } }, 'config: unknown key "max_batchsize"'],
  ['a configuration of another model', { config: { name: 'n' } }, 'config: name is "n"'],
])('refuses %s', (_, changed, message) => {
  const compiling = () => compileManifest({ ...content, ...changed });
  expect(compiling).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  expect(compiling).toThrow(message);
});

it('does not believe a stored manifest that was changed', () => {
  const stored = JSON.stringify(compileManifest(content)).replace('"bytes":10', '"bytes":11');
  expect(() => parseManifest(stored)).toThrow('version 2 of m is not what was put');
});
