import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setInterval } from 'node:timers';
import { identity } from '@sluice/onnx-writer';
import type { Answer } from './fixtures/api-client.js';
import { ApiCluster } from './fixtures/api-cluster.js';
import { StoreFolder } from './fixtures/store-folder.js';
import { uploadForm as form, type UploadParts } from './fixtures/upload-form.js';

const RECEIVE_MS = 1_500;
const MAX_BYTES = 1024 * 1024;
const model = Buffer.from(identity([{ name: 'x', type: 'float', dims: ['batch', 3] }]));

let cluster: ApiCluster;
let store: StoreFolder;
beforeAll(async () => {
  const environment = { SLUICE_MAX_MODEL_BYTES: String(MAX_BYTES), SLUICE_RECEIVE_TIMEOUT_MS: String(RECEIVE_MS) };
  cluster = await ApiCluster.start({ models: [], workers: 0, environment });
  store = new StoreFolder(cluster.processes.store);
});
afterAll(() => cluster?.stop());

function push(name: string, body: BodyInit, query = ''): Promise<Answer> {
  return cluster.api.ask(`/models/${name}/versions${query}`, { method: 'POST', body });
}

/** Whether a model is there, in whatever version. */
async function isKnown(name: string): Promise<boolean> {
  return (await cluster.api.ask(`/models/${name}`)).status === 200;
}

async function open(): Promise<Socket> {
  const { port, hostname } = new URL(cluster.api.url);
  const socket = connect(Number(port), hostname);
  // Cut off while it still sends.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

describe('what is wrong with a version', () => {
  const file = { 'model.onnx': model };
  it.each<[string, string, UploadParts, number, RegExp]>([
    ['no name of a model', 'bad%3Aname', file, 400, /^model: expected a name that matches/],
    [
      'a path out of the folder',
      'm',
      { ...file, '../../etc/passwd': model },
      400,
      /^'\.\.\/\.\.\/etc\/passwd': the path of the file has "\.\."/,
    ],
    ['an absolute path', 'm', { ...file, '/etc/passwd': model }, 400, /the path of the file is absolute/],
    ['a hidden file', 'm', { ...file, 'a/.manifest.json': model }, 400, /has a hidden name/],
    ['a backslash', 'm', { ...file, 'a\\b': model }, 400, /has a backslash/],
    [
      'two spellings of a file',
      'm',
      { ...file, 'A.bin': model, 'a.bin': model },
      400,
      /are the same file where case does not count/,
    ],
    ['a file that is a folder', 'm', { ...file, a: model, 'a/b': model }, 400, /is a file, and a folder in/],
    ['no model', 'm', { 'weights.bin': model }, 400, /model\.onnx is missing/],
    ['nothing', 'm', {}, 400, /^body: expected at least a model .*, got no file/],
    [
      'an empty model',
      'm',
      { 'model.onnx': Buffer.alloc(0) },
      400,
      /^model\.onnx: expected a model, got an empty file/,
    ],
    [
      'a file as a text',
      'm',
      { 'model.onnx': 'best.onnx' },
      400,
      /^'model\.onnx': expected a file \(curl -F 'model\.onnx=@…'\)/,
    ],
    [
      'a version that is none',
      'm',
      { ...file, version: '01' },
      400,
      /^version: expected a positive integer, as in 2, got '01'/,
    ],
    ['a config that is no JSON', 'm', { ...file, config: '{' }, 400, /^config: expected JSON/],
    ['a config that means nothing', 'm', { ...file, config: '{"max_batchsize": 1}' }, 400, /config: .*max_batchsize/],
    [
      'another digest',
      'm',
      { ...file, 'digest:model.onnx': 'a'.repeat(64) },
      400,
      /^model\.onnx: expected a file with sha256 a{64}, got/,
    ],
    ['no digest', 'm', { ...file, 'digest:model.onnx': 'abc' }, 400, /^digest:model\.onnx: expected sha256/],
    [
      'a digest of nothing',
      'm',
      { ...file, 'digest:other': 'a'.repeat(64) },
      400,
      /^digest:other: expected a file 'other'/,
    ],
    [
      'too many bytes',
      'm',
      { ...file, 'weights.bin': Buffer.alloc(MAX_BYTES) },
      413,
      /^weights\.bin: expected a version of at most 1048576 bytes/,
    ],
  ])('%s', async (_, name, parts, status, error) => {
    expect(await push(name, form(parts))).toMatchObject({ status, body: { error: expect.stringMatching(error) } });
    expect(await isKnown('m')).toBe(false);
    expect(store.unfinished()).toEqual([]);
  });

  it('what the address says, and the form again', async () => {
    const twice = await push('m', form({ ...file, version: '2' }), '?version=2');
    expect(twice).toMatchObject({ status: 400, body: { error: 'version: expected it once, got it twice' } });
  });

  it('a body that is compressed, is no form, or is nothing', async () => {
    const ask = (body: string, headers: Record<string, string>) =>
      cluster.api.ask('/models/m/versions', { method: 'POST', body, headers });
    const cases = [
      [{ 'content-encoding': 'gzip' }, 'x', 415],
      [{ 'content-type': 'multipart/form-data' }, 'x', 400],
      [{ 'content-type': 'multipart/form-data; boundary=b' }, '--b\r\ncontent-disposition: form-data; name="mod', 400],
      [
        { 'content-type': 'multipart/form-data; boundary=b' },
        '--b\r\ncontent-disposition: form-data; name="model.onnx"; filename="m"\r\n\r\nbytes and no end',
        400,
      ],
      [{}, '', 400],
    ] as const;
    for (const [headers, body, status] of cases) expect(await ask(body, headers)).toMatchObject({ status });
  });
});

it('a store that cannot be written is named', async () => {
  const other = await ApiCluster.start({ models: [], workers: 0, environment: { SLUICE_STORE: '/dev/null/store' } });
  const body = form({ 'model.onnx': model });
  expect(await other.api.ask('/models/m/versions', { method: 'POST', body })).toMatchObject({
    status: 503,
    body: { error: expect.stringMatching(/^the model store cannot be written: SLUICE_STORE is to be a folder/) },
  });
  await other.stop();
});

describe('an upload', () => {
  const boundary = 'b';
  const head = (length: number) =>
    `POST /models/cut/versions HTTP/1.1\r\nHost: sluice\r\nContent-Type: multipart/form-data; boundary=${boundary}\r\n` +
    `Content-Length: ${length}\r\n\r\n--${boundary}\r\n` +
    'Content-Disposition: form-data; name="model.onnx"; filename="m"\r\n\r\n';

  it('that is cut off in the middle leaves nothing', async () => {
    const before = store.blobs();
    const socket = await open();
    socket.write(head(1_000_000));
    socket.write(randomBytes(300_000));
    await vi.waitFor(() => expect(store.unfinished()).toHaveLength(1), { timeout: 5_000 });
    socket.destroy();
    await vi.waitFor(() => expect(store.unfinished()).toEqual([]), { timeout: 5_000 });
    expect(store.blobs()).toEqual(before);
    expect(await isKnown('cut')).toBe(false);
    // What a client does is no failure of ours.
    expect(cluster.processes.apis[0]?.log()).not.toContain('request_failed');
    expect(await push('cut', form({ 'model.onnx': model }))).toMatchObject({ status: 201, body: { version: '1' } });
  });

  it('may take longer than any other request while its bytes keep coming, and no longer', async () => {
    const socket = await open();
    const startedAt = performance.now();
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.write(head(1_000_000));
    const ends = once(socket, 'close');
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        socket.write('some bytes');
        if (performance.now() - startedAt < RECEIVE_MS * 2) return;
        clearInterval(timer);
        resolve();
      }, 100);
    });
    expect(answer).toBe('');
    await ends;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('nothing came for 1500 ms');
    expect(store.unfinished()).toEqual([]);
  });
});
