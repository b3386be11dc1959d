import { UsageError } from '../usage-error.js';
import { planCluster } from './cluster-plan.js';

const [first, second] = [
  { name: 'worker-1', threads: 4, device: undefined, launcher: [] },
  { name: 'worker-2', threads: 3, device: 'cuda:1', launcher: ['taskset', '-c', '4-6'] },
];
const machine = { root: '/srv/sluice', workers: [first, second] };

describe('planCluster', () => {
  it('has an API on port 3000 and the workers', () => {
    const plan = planCluster({}, machine);
    expect(plan).toMatchObject({ host: '127.0.0.1', port: 3000, redisUrl: undefined, workers: [first, second] });
    expect(plan.environment.worker(first, 'redis://x')).toMatchObject({
      REDIS_URL: 'redis://x',
      SLUICE_WORKER_NAME: 'worker-1',
      SLUICE_INTRA_OP_THREADS: '4',
      SLUICE_MODELS: '/srv/sluice/models',
      SLUICE_STORE: '/srv/sluice/.sluice/store',
      MALLOC_TRIM_THRESHOLD_: '131072',
    });
    expect(plan.environment.api('redis://x')).toMatchObject({
      PORT: '3000',
      SLUICE_HOST: '127.0.0.1',
      SLUICE_STORE: '/srv/sluice/.sluice/store',
    });
  });

  it('gives a worker its device, counted as nvidia-smi counts, and no port', () => {
    const { environment } = planCluster({ PORT: '8080', SLUICE_DEVICE: 'cuda' }, machine);
    const worker = environment.worker(second, 'redis://x');
    expect(worker).toMatchObject({ SLUICE_DEVICE: 'cuda:1', CUDA_DEVICE_ORDER: 'PCI_BUS_ID' });
    expect(worker['PORT']).toBeUndefined();
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
    expect(plan.environment.worker(first, 'redis://y')).toMatchObject({
      SLUICE_INTRA_OP_THREADS: '3',
      SLUICE_MODELS: '/models',
      SLUICE_DEVICE: 'cuda',
    });
  });

  it.each([{ PORT: '0' }, { PORT: '70000' }, { PORT: 'http' }])('refuses %j by name', (env: NodeJS.ProcessEnv) => {
    expect(() => planCluster(env, machine)).toThrow(UsageError);
    expect(() => planCluster(env, machine)).toThrow(Object.keys(env)[0]);
  });
});
