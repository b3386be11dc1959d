import { gzipSync } from 'node:zlib';
import { ApiCluster } from './fixtures/api-cluster.js';

/** Some 900 KB of JSON: read and written by other threads. */
const COUNT = 150_000;
const values = Array.from({ length: COUNT }, (_, index) => ((index * 7) % 1000) / 1000);
const DATA = JSON.stringify(values);

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: ['wide'] });
});
afterAll(() => cluster?.stop());

const body = (data: string, more = '') =>
  `{"inputs":[{"name":"x","datatype":"FP32","shape":[1,${COUNT}],"data":${data}}]${more}}`;

describe('large JSON', () => {
  it.each([
    ['flat', body(DATA)],
    ['nested as the shape is', body(`[${DATA}]`)],
  ])('is read and answered: %s', async (_, request) => {
    const { status, headers, body: answer } = await cluster.api.infer('wide', request);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { outputs } = answer as { outputs: { data: number[] }[] };
    expect(JSON.stringify(outputs[0]?.data)).toBe(DATA);
  });

  it('is read compressed, too, and the result of an asynchronous request is written', async () => {
    const compressed = gzipSync(body(DATA));
    const ask = { method: 'POST', body: compressed, headers: { 'content-encoding': 'gzip' } };
    const { status, body: job } = await cluster.api.ask('/v2/models/wide/infer?async=true', ask);
    expect(status).toBe(202);
    const { body: ended } = await cluster.api.ask(`/jobs/${(job as { id: string }).id}?wait=20`);
    const { state, result } = ended as { state: string; result: { outputs: { data: number[] }[] } };
    expect(state).toBe('completed');
    expect(JSON.stringify(result.outputs[0]?.data)).toBe(DATA);
  });

  it.each([
    ['an element', body(DATA.replace(/,0.007,/, ',"0.007",')), "inputs[0].data[1] of 'x': expected a number"],
    ['the number of elements', body(JSON.stringify(values.slice(1))), `expected ${COUNT} elements`],
    ['the JSON', body(DATA, ',}'), 'body: expected JSON: '],
  ])('is refused in the words that small JSON is, for what is wrong in it: %s', async (_, request, message) => {
    const answer = await cluster.api.infer('wide', request);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining(message) } });
    expect(answer.headers.get('x-sluice-error')).toBe('invalid_request');
  });

  it('whose clients go away leaves the threads to others', async () => {
    const gone = new AbortController();
    const asked = Array.from({ length: 8 }, () => cluster.api.infer('wide', body(DATA), { signal: gone.signal }));
    const left = asked.map((answer) => expect(answer).rejects.toThrow('aborted'));
    gone.abort();
    await Promise.all(left);
    expect(await cluster.api.infer('wide', body(DATA))).toMatchObject({ status: 200 });
  });
});
