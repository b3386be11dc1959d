import { ApiCluster } from './fixtures/api-cluster.js';
import { TEST_MODELS, type TestModel } from './fixtures/test-models.js';
import { existsSync, writeFileSync } from 'node:fs';
it('stays', async () => {
  const t0 = performance.now();
  const c = await ApiCluster.start({ models: Object.keys(TEST_MODELS) as TestModel[] });
  console.log('start', performance.now() - t0);
  writeFileSync('/tmp/scratch-url', c.api.url);
  writeFileSync('/tmp/scratch-redis', c.redis.url);
  await vi.waitFor(
    () => {
      if (!existsSync('/tmp/scratch-stop')) throw new Error('go on');
    },
    { timeout: 1500_000, interval: 500 },
  );
  console.log(c.processes.apis[0]!.log());
  await c.stop();
}, 1600_000);
