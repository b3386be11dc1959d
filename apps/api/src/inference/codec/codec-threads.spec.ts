import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeRequest, encodeResult, SluiceError, type ServedModel } from '@sluice/contracts';
import { CodecThreads } from './codec-threads.js';
import { readBody, writeAnswer, type ReadWork } from './codec-work.js';

const serving: ServedModel = {
  platform: 'onnxruntime_onnx',
  device: 'cpu',
  maxBatchSize: 8,
  signature: {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, -1] }],
  },
};
const target = { ref: { model: 'm', version: '1' }, serving };
const limits = { maxElements: 1_000, maxInputs: 4, maxJsonDepth: 8 };

function read(text: string): ReadWork {
  return {
    kind: 'read',
    body: new TextEncoder().encode(text),
    jsonLength: undefined,
    target,
    isUnpinned: false,
    limits,
  };
}
const request = (data: string) => `{"id":"7","inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":${data}}]}`;

describe('threads that read and write JSON', () => {
  let threads: CodecThreads;
  beforeEach(() => (threads = new CodecThreads(2)));
  afterEach(() => threads.close());

  it('read what is read here', async () => {
    const expected = readBody(read(request('[1,2.5,-3]')));
    const found = await threads.run(read(request('[1,2.5,-3]')));
    expect(found).toEqual(expected);
    expect(decodeRequest(found.payload).inputs[0]?.bytes).toEqual(new Uint8Array(Float32Array.of(1, 2.5, -3).buffer));
  });

  it('write what is written here', async () => {
    const bytes = new Uint8Array(Float32Array.of(0.1, -2, 1e-7).buffer);
    const result = encodeResult({ outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 3], bytes }] });
    const reply = { model: 'm', version: '1', id: '7', outputs: [{ name: 'y', isBinary: false }] };
    const expected = writeAnswer({ reply, result });
    const { headers, body } = await threads.run({ kind: 'write', reply, result: new Uint8Array(result) });
    expect(headers).toEqual(expected.headers);
    expect(Buffer.from(body).toString()).toBe(Buffer.from(expected.body).toString());
  });

  it('refuse what is refused here, in the same words', async () => {
    const refusal = (data: string) => threads.run(read(request(data))).catch((error: unknown) => error);
    const message = "inputs[0].data[1] of 'x': expected a number within ±3.4028235e38 (FP32), got 'two'";
    expect(await refusal('[1,"two",3]')).toEqual(new SluiceError('invalid_request', message));
    expect(await refusal('[1,2')).toMatchObject({ code: 'invalid_request' });
  });

  it('take the bytes along, and are given more work than there are threads', async () => {
    const works = Array.from({ length: 20 }, (_, index) => read(request(`[${index},0,0]`)));
    const found = await Promise.all(works.map((work) => threads.run(work)));
    for (const [index, { payload }] of found.entries()) {
      const [first] = new Float32Array(new Uint8Array(decodeRequest(payload).inputs[0]!.bytes).buffer);
      expect(first).toBe(index);
    }
    expect(works.map(({ body }) => body.byteLength)).toEqual(works.map(() => 0));
  });
});

/** Says which thread it is; dies of a 0. */
const ENTRY = `
  import { parentPort, threadId } from 'node:worker_threads';
  parentPort.on('message', ({ body }) => {
    if (body[0] === 0) process.exit(3);
    parentPort.postMessage({ value: { payload: Uint8Array.of(threadId) } });
  });
`;

describe('the threads themselves', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-codec-'));
  const entry = pathToFileURL(join(folder, 'thread.mjs'));
  let threads: CodecThreads;
  beforeAll(() => writeFileSync(entry, ENTRY));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => threads.close());

  const work = (byte: number): ReadWork => ({ ...read(''), body: Uint8Array.of(byte) });
  const threadOf = async (byte: number, signal?: AbortSignal) => (await threads.run(work(byte), signal)).payload[0];

  it('are as many as allowed, and used again', async () => {
    threads = new CodecThreads(2, entry);
    const ids = await Promise.all(Array.from({ length: 12 }, () => threadOf(1)));
    expect(new Set(ids).size).toBe(2);
    expect(ids).toContain(await threadOf(1));
  });

  it('take along only the work that they die of, and are replaced', async () => {
    threads = new CodecThreads(1, entry);
    const first = threadOf(1);
    const fatal = threadOf(0);
    const next = threadOf(1);
    await expect(fatal).rejects.toThrow('a thread that reads and writes JSON died: it exited with code 3');
    expect(await next).not.toBe(await first);
  });

  it('are not asked to do what nobody waits for any more', async () => {
    threads = new CodecThreads(1, entry);
    const gone = new AbortController();
    const first = threadOf(1);
    const abandoned = threadOf(0, gone.signal);
    gone.abort();
    await expect(abandoned).rejects.toMatchObject({ code: 'job_removed' });
    expect(await threadOf(1)).toBe(await first);
  });

  it('end when they are closed, and with them what waits', async () => {
    threads = new CodecThreads(1, entry);
    const answers = [threadOf(1), threadOf(1)];
    const refusals = answers.map((answer) => expect(answer).rejects.toMatchObject({ code: 'shutting_down' }));
    await threads.close();
    await Promise.all(refusals);
  });
});
