import { ApiCluster } from './fixtures/api-cluster.js';

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: ['slow', 'quick'], environment: { SLUICE_MAX_WAITING: '4' } });
});
afterAll(() => cluster?.stop());

it('refuses what a full queue has no room for, and answers the others', async () => {
  const [answers, elsewhere] = await Promise.all([
    Promise.all(Array.from({ length: 30 }, (_, index) => cluster.api.inferNumber('slow', index))),
    cluster.api.inferNumber('quick', 1),
  ]);
  const refused = answers.filter(({ status }) => status === 429);
  const answered = answers.filter(({ status }) => status === 200);
  expect(refused.length + answered.length).toBe(30);
  // Four wait; what the worker has leased by then, one batch running and one staged, made room for others.
  expect(answered.length).toBeGreaterThanOrEqual(4);
  expect(answered.length).toBeLessThanOrEqual(10);
  for (const { headers, body } of refused) {
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(headers.get('x-sluice-error')).toBe('queue_full');
    expect(body).toEqual({
      error: expect.stringMatching(
        /^queue inference\.slow\.1 holds \d+ waiting jobs, the limit is 4 \(SLUICE_MAX_WAITING\)$/,
      ),
    });
  }
  expect(elsewhere.status).toBe(200);
  expect(await cluster.api.inferNumber('slow', 1)).toMatchObject({ status: 200 });
});
