import { ApiCluster } from './fixtures/api-cluster.js';
import { HeldConnection, pidOf } from './fixtures/held-connection.js';

const SOON = { timeout: 15_000, interval: 50 };
const QUEUE = 'inference.slow.1';
const key = (name: string) => `the-key-of-${name}-0123456789`;
const as = (name: string) => ({ 'x-api-key': key(name) });

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['quick', 'slow'],
    environment: {
      SLUICE_API_PROCESSES: '2',
      SLUICE_API_KEYS: `ops:admin:${key('ops')};narrow:infer:${key('narrow')}:concurrency=3`,
    },
    key: key('ops'),
  });
});
afterAll(() => cluster?.stop());

const open: HeldConnection[] = [];
afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});
async function connect(): Promise<HeldConnection & { readonly apiId: string }> {
  const connection = await HeldConnection.open(cluster.api.url, as('ops'));
  open.push(connection);
  return connection;
}

/** Connections to both processes, each of which knows the models. */
async function connectToBoth() {
  return vi.waitFor(async () => {
    const connections = [await connect(), await connect(), await connect()];
    const [one] = connections;
    const other = connections.find(({ apiId }) => apiId !== one?.apiId);
    if (!one || !other) throw new Error('all were answered by one process');
    for (const each of [one, other]) expect(await each.ask('/v2/models/slow/ready')).toMatchObject({ status: 200 });
    return [one, other] as const;
  }, SOON);
}

const number = (value: number) => ({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [value] }] });
const infer = (connection: HeldConnection, value: number) => connection.ask('/v2/models/slow/infer', number(value));
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('an API of several processes', () => {
  it('answers by each of them, and each is another one', async () => {
    const [one, other] = await connectToBoth();
    expect(pidOf(one.apiId)).not.toBe(pidOf(other.apiId));
    for (const [index, each] of [one, other].entries())
      expect(await infer(each, index)).toMatchObject({ status: 200, body: { outputs: [{ data: [index] }] } });
  });

  it('tells by one what was asked of the other', async () => {
    const [one, other] = await connectToBoth();
    const { status, body } = await one.ask('/v2/models/slow/infer?async=true', number(5));
    expect(status).toBe(202);
    expect(await other.ask(`/jobs/${(body as { id: string }).id}?wait=10`)).toMatchObject({
      status: 200,
      body: { state: 'completed', result: { outputs: [{ data: [5] }] } },
    });
  });

  it('gives a key its limit once, not once in each', async () => {
    await connectToBoth();
    const ask = () => cluster.api.inferNumber('slow', 1, { headers: as('narrow') });
    const answers = await Promise.all(Array.from({ length: 8 }, ask));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(5);
    expect(await ask()).toMatchObject({ status: 200 });
  });

  it('loses with a process that is killed only the connections that it held, and has another soon', async () => {
    const [one, other] = await connectToBoth();
    const known = (await cluster.board.jobs(QUEUE)).length;
    const broken = infer(one, 1);
    const answered = infer(other, 2);
    // Both are in the queue: each process has a client that waits.
    await vi.waitFor(async () => expect(await cluster.board.jobs(QUEUE)).toHaveLength(known + 2), SOON);
    const outcome = broken.then(
      () => 'answered',
      () => 'broken',
    );
    // Who connects meanwhile is answered or cut off, and never left without either: the loops end.
    const over = new AbortController();
    const connecting = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) {
        const connection = await HeldConnection.open(cluster.api.url, as('ops')).catch(() => undefined);
        connection?.close();
      }
    });
    process.kill(pidOf(one.apiId), 'SIGKILL');
    expect(await outcome).toBe('broken');
    expect(await answered).toMatchObject({ status: 200, body: { outputs: [{ data: [2] }] } });
    for (let value = 0; value < 20; value++)
      expect(await cluster.api.inferNumber('quick', value)).toMatchObject({ status: 200 });
    const [first, second] = await connectToBoth();
    over.abort();
    await Promise.all(connecting);
    expect([first.apiId, second.apiId]).toContain(other.apiId);
    expect([first.apiId, second.apiId]).not.toContain(one.apiId);
    expect(cluster.processes.apis[0]?.log()).toContain('"api_process_died"');
  });

  it('ends with all of them when it is asked to, and answers what it has', async () => {
    const [one, other] = await connectToBoth();
    const known = (await cluster.board.jobs(QUEUE)).length;
    const answers = [infer(one, 1), infer(other, 2)];
    await vi.waitFor(async () => expect(await cluster.board.jobs(QUEUE)).toHaveLength(known + 2), SOON);
    const [api] = cluster.processes.apis;
    api?.terminate();
    for (const [index, answer] of (await Promise.all(answers)).entries())
      expect(answer).toMatchObject({ status: 200, body: { outputs: [{ data: [index + 1] }] } });
    expect(await api?.exited).toEqual({ code: 0, signal: null });
    expect([one, other].map(({ apiId }) => isAlive(pidOf(apiId)))).toEqual([false, false]);
  });
});
