import { readFileSync } from 'node:fs';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { ApiCluster } from './fixtures/api-cluster.js';

const MEGABYTE = 1024 * 1024;
const MAX_BODY_BYTES = 16 * MEGABYTE;
const REQUEST = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [3] }] });

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['quick'],
    environment: { SLUICE_MAX_BODY_BYTES: String(MAX_BODY_BYTES) },
  });
});
afterAll(() => cluster?.stop());

const send = (body: BodyInit, encoding: string) =>
  cluster.api.ask('/v2/models/quick/infer', { method: 'POST', body, headers: { 'content-encoding': encoding } });

/** Zeros, 10 GB of them in 10 MB: one block of 10 MB, again and again. */
function bomb(head: Uint8Array): Buffer<ArrayBuffer> {
  const block = deflateRawSync(Buffer.alloc(10 * MEGABYTE), { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([head, ...Array.from({ length: 1024 }, () => block)]);
}

const GZIP_HEAD = Buffer.from('1f8b0800000000000003', 'hex');
const ZLIB_HEAD = Buffer.from('789c', 'hex');

/** In megabytes: now, and the most it has ever been. */
function memoryOf(pid: number | undefined): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string) => Number(new RegExp(`${field}:\\s*(\\d+) kB`).exec(status)?.[1]) / 1024;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

describe('a compressed body', () => {
  it.each([
    ['br', "content-encoding: expected one of identity, gzip, deflate, got 'br'"],
    ['zstd', "content-encoding: expected one of identity, gzip, deflate, got 'zstd'"],
    ['gzip, gzip', "content-encoding: expected one of identity, gzip, deflate, got 'gzip, gzip'"],
  ])('is refused when it is %s', async (encoding, error) => {
    const answer = await send(REQUEST, encoding);
    expect(answer).toMatchObject({ status: 415, body: { error } });
    expect(answer.headers.get('x-sluice-error')).toBe('unsupported_media_type');
    expect(await cluster.board.jobCount()).toBe(0);
  });

  it.each([
    ['cut short', gzipSync(REQUEST).subarray(0, -9)],
    ['not compressed at all', REQUEST],
    ['empty', ''],
  ])('is refused when it is %s', async (_, body) => {
    const answer = await send(body, 'gzip');
    expect(answer).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/^body: expected gzip data, got broken ones: /) },
    });
    expect(await cluster.board.jobCount()).toBe(0);
  });

  it.each([
    ['gzip', GZIP_HEAD],
    ['deflate', ZLIB_HEAD],
  ])('of 10 MB that would become 10 GB costs no more memory than an honest one: %s', async (encoding, head) => {
    const body = bomb(head);
    expect(body.byteLength).toBeLessThan(12 * MEGABYTE);
    const [api] = cluster.processes.apis;
    const before = memoryOf(api?.pid);
    for (let attempt = 0; attempt < 5; attempt++)
      expect(await send(body, encoding)).toMatchObject({
        status: 413,
        body: { error: `body: expected at most ${MAX_BODY_BYTES} bytes once decompressed` },
      });
    expect(await cluster.board.jobCount()).toBe(0);
    if (process.platform !== 'linux') return;
    const { peak } = memoryOf(api?.pid);
    // The body twice, as it comes in and in one piece, what may come out of it, and what the collector lags behind.
    expect(peak - before.now).toBeLessThan(200);
  });

  it('leaves the next request alone', async () => {
    expect(await send(gzipSync(REQUEST), 'gzip')).toMatchObject({ status: 200, body: { outputs: [{ data: [3] }] } });
  });
});
