import { UsageError } from '../usage-error.js';
import { planCluster } from './cluster-plan.js';

const machine = { root: '/srv/sluice', cores: 8 };

describe('planCluster', () => {
  it('has an API on port 3000 and two workers that share the cores', () => {
    const plan = planCluster({}, machine);
    expect(plan).toMatchObject({ host: '127.0.0.1', port: 3000, redisUrl: undefined });
    expect(plan.workerNames).toEqual(['worker-1', 'worker-2']);
    expect(plan.environment.worker('worker-2', 'redis://x')).toMatchObject({
      REDIS_URL: 'redis://x',
      SLUICE_WORKER_NAME: 'worker-2',
      SLUICE_INTRA_OP_THREADS: '4',
      SLUICE_MODELS: '/srv/sluice/models',
      MALLOC_TRIM_THRESHOLD_: '131072',
    });
    expect(plan.environment.api('redis://x')).toMatchObject({ PORT: '3000', SLUICE_HOST: '127.0.0.1' });
  });

  it('gives a worker one thread at least, and no port', () => {
    const plan = planCluster({ SLUICE_WORKERS: '16', PORT: '8080' }, machine);
    const worker = plan.environment.worker('worker-1', 'redis://x');
    expect(worker['SLUICE_INTRA_OP_THREADS']).toBe('1');
    expect(worker['PORT']).toBeUndefined();
    expect(plan.workerNames).toHaveLength(16);
  });

  it('lets the environment have its way', () => {
    const env = {
      SLUICE_INTRA_OP_THREADS: '3',
      SLUICE_MODELS: '/models',
      SLUICE_DEVICE: 'cuda',
      REDIS_URL: 'redis://y',
    };
    const plan = planCluster(env, machine);
    expect(plan.redisUrl).toBe('redis://y');
    expect(plan.environment.worker('worker-1', 'redis://y')).toMatchObject({
      SLUICE_INTRA_OP_THREADS: '3',
      SLUICE_MODELS: '/models',
      SLUICE_DEVICE: 'cuda',
    });
  });

  it.each([{ PORT: '0' }, { PORT: '70000' }, { PORT: 'http' }, { SLUICE_WORKERS: '1.5' }])(
    'refuses %j by name',
    (env: NodeJS.ProcessEnv) => {
      expect(() => planCluster(env, machine)).toThrow(UsageError);
      expect(() => planCluster(env, machine)).toThrow(Object.keys(env)[0]);
    },
  );
});
