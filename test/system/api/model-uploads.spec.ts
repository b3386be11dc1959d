import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { identity } from '@sluice/onnx-writer';
import type { Answer } from './fixtures/api-client.js';
import { ApiCluster } from './fixtures/api-cluster.js';
import { StoreFolder } from './fixtures/store-folder.js';
import { uploadForm as form, type UploadParts } from './fixtures/upload-form.js';

const model = Buffer.from(identity([{ name: 'x', type: 'float', dims: ['batch', 3] }]));

const LARGE_MIB = 512;

let cluster: ApiCluster;
let store: StoreFolder;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: [], workers: 0 });
  store = new StoreFolder(cluster.processes.store);
});
afterAll(() => cluster?.stop());

function push(name: string, body: BodyInit, query = ''): Promise<Answer> {
  return cluster.api.ask(`/models/${name}/versions${query}`, { method: 'POST', body });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Of the API's process since its start, in MiB. */
function peakMemory(): number {
  const status = readFileSync(`/proc/${cluster.processes.apis[0]?.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function versions(name: string): Promise<string[]> {
  const { status, body } = await cluster.api.ask(`/models/${name}`);
  if (status === 404) return [];
  return (body as { versions: { version: string }[] }).versions.map(({ version }) => version);
}

describe('a version that is pushed', () => {
  it('is a form of files, and what is said of them', async () => {
    const weights = randomBytes(100_000);
    const parts = {
      'model.onnx': model,
      'weights/part-1.bin': weights,
      config: '{"max_batch_size": 4}',
      origin: 'run 7',
      'digest:weights/part-1.bin': sha256(weights),
    };
    const { status, body } = await push('formed', form(parts));
    expect([status, body]).toEqual([
      201,
      {
        model: 'formed',
        version: '1',
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        bytes: model.byteLength + weights.byteLength,
        files: [
          { path: 'model.onnx', digest: sha256(model), bytes: model.byteLength },
          { path: 'weights/part-1.bin', digest: sha256(weights), bytes: weights.byteLength },
        ],
        config: { max_batch_size: 4 },
        origin: 'run 7 (pushed by anonymous)',
        pushed: expect.any(String),
      },
    ]);
    expect(await cluster.api.ask('/models')).toMatchObject({
      body: {
        models: expect.arrayContaining([
          {
            name: 'formed',
            generation: 0,
            canaryPercent: 0,
            versions: [
              expect.objectContaining({
                version: '1',
                state: 'stored',
                readyOn: 0,
                origin: parts.origin + ' (pushed by anonymous)',
              }),
            ],
          },
        ]),
      },
    });
    expect(await cluster.api.ask('/models/formed')).toMatchObject({
      status: 200,
      body: { pushed: [body], history: [] },
    });
  });

  it('is a body that is a model, whatever it is called', async () => {
    const bytes = new Uint8Array(model);
    const pushed = await cluster.api.ask('/models/plain/versions?version=7&origin=by+hand', {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(pushed).toMatchObject({
      status: 201,
      body: { version: '7', files: [{ path: 'model.onnx' }], origin: 'by hand (pushed by anonymous)' },
    });
  });

  it('is never in memory, however large', async () => {
    const chunk = new Uint8Array(1024 * 1024);
    let left = LARGE_MIB;
    const body = new ReadableStream({
      pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
    });
    const before = peakMemory();
    expect(await push('large', body)).toMatchObject({ status: 201, body: { bytes: LARGE_MIB * chunk.byteLength } });
    const grown = peakMemory() - before;
    console.log(`pushed ${LARGE_MIB} MiB: peak of the API's memory +${grown.toFixed(0)} MiB`);
    expect(grown).toBeLessThan(LARGE_MIB / 4);
  });

  it('may be its configuration in a file', async () => {
    const data = form({ 'model.onnx': model });
    data.append('config', new Blob(['{"max_batch_size": 2}']), 'config.json');
    expect(await push('configured', data)).toMatchObject({ status: 201, body: { config: { max_batch_size: 2 } } });
  });

  it('has the next number, when it is not told one', async () => {
    const next = (text: string) => push('numbered', form({ 'model.onnx': Buffer.from(text) }));
    expect(await push('numbered', form({ 'model.onnx': model, version: '9' }))).toMatchObject({
      body: { version: '9' },
    });
    const pushed = await Promise.all(['one', 'two', 'three'].map(next));
    expect(pushed.map(({ body }) => Number((body as { version: string }).version)).toSorted((a, b) => a - b)).toEqual([
      10, 11, 12,
    ]);
    expect(await cluster.api.ask('/models/numbered/versions/12', { method: 'DELETE' })).toMatchObject({ status: 204 });
    // A number means one content for good.
    expect(await next('four')).toMatchObject({ status: 201, body: { version: '13' } });
  });

  it('twice is the one that is there', async () => {
    const first = await push('twice', form({ 'model.onnx': model, origin: 'first' }));
    const second = await push('twice', form({ 'model.onnx': model, origin: 'second' }));
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect(await push('twice', form({ 'model.onnx': model, version: '1' }))).toMatchObject({
      status: 200,
      body: first.body,
    });
    expect(await versions('twice')).toEqual(['1']);
  });

  it('twice at the same time is one version', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(() => push('at-once', form({ 'model.onnx': model, version: '3' }))),
    );
    expect(one?.status).toBeLessThan(300);
    expect(other?.body).toEqual(one?.body);
  });

  it('with other content under the same number is refused', async () => {
    await push('taken', form({ 'model.onnx': model, version: '1' }));
    const others: UploadParts[] = [
      { 'model.onnx': Buffer.from('other') },
      { 'model.onnx': model, config: '{"max_batch_size": 1}' },
    ];
    for (const parts of others)
      expect(await push('taken', form({ ...parts, version: '1' }))).toMatchObject({
        status: 409,
        body: { error: 'version 1 of taken has other content: push this as another version' },
      });
  });

  it('can be removed, and its bytes stay where another version needs them', async () => {
    await push('removed', form({ 'model.onnx': model }));
    expect(await cluster.api.ask('/models/removed/versions/1', { method: 'DELETE' })).toMatchObject({
      status: 204,
      text: '',
    });
    expect(await cluster.api.ask('/models/removed/versions/1', { method: 'DELETE' })).toMatchObject({ status: 404 });
    expect(await versions('removed')).toEqual([]);
    expect(store.blobs()).toContain(sha256(model));
  });
});

it('a body for a route that wants none of this is read as ever', async () => {
  const answer = await cluster.api.ask('/v2/repository/index', { method: 'POST', body: form({ ready: 'true' }) });
  expect(answer).toMatchObject({ status: 400, body: { error: expect.stringMatching(/^body: expected JSON/) } });
});
