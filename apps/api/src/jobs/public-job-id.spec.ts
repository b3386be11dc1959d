import { ownQueue, workerUpdateQueue } from '@sluice/contracts';
import { JobIds } from '@sluice/job-queue';
import { isUpdateQueue, parsePublicJobId, publicJobId } from './public-job-id.js';

describe('the public id of a job', () => {
  const jobId = new JobIds(() => 1_700_000_000_000, Math.random).next();
  const createdAt = 1_700_000_000_000;

  it('names the queue, the job and its time', () => {
    const queue = 'inference.my-model_2.12';
    const publicId = publicJobId({ queue, jobId });
    expect(publicId).toBe(`my-model_2.12.${jobId}`);
    expect(parsePublicJobId(publicId)).toEqual({ queue, jobId, createdAt });
    expect(isUpdateQueue(queue)).toBe(false);
  });

  it('names the worker whose own queue it is in', () => {
    const queue = ownQueue('inference.digits.1', 'worker-1.host.example.123.a1b2c3');
    const publicId = publicJobId({ queue, jobId });
    expect(publicId).toBe(`digits.1@worker-1.host.example.123.a1b2c3.${jobId}`);
    expect(parsePublicJobId(publicId)).toEqual({ queue, jobId, createdAt });
    expect(() => parsePublicJobId(`digits.1@no such.${jobId}`)).toThrow('there is no job');
  });

  it.each([workerUpdateQueue('worker-1.host.example.123.a1b2c3'), 'model-update'])(
    'names an update too, in the queue %s',
    (queue) => {
      const publicId = publicJobId({ queue, jobId });
      expect(publicId).toBe(`${queue}.${jobId}`);
      expect(parsePublicJobId(publicId)).toEqual({ queue, jobId, createdAt });
      expect(isUpdateQueue(queue)).toBe(true);
    },
  );

  it('is not mistaken for an update when a model has such a name', () => {
    expect(parsePublicJobId(`model-update.1.${jobId}`)).toEqual({
      queue: 'inference.model-update.1',
      jobId,
      createdAt,
    });
  });

  it.each([
    '',
    'digits',
    'digits.1',
    jobId,
    `.${jobId}`,
    `digits.x.${jobId}`,
    `.1.${jobId}`,
    `a b.1.${jobId}`,
    'digits.1.7',
  ])('is not %j', (publicId) => {
    expect(() => parsePublicJobId(publicId)).toThrow(`there is no job ${publicId}`);
  });

  it('has nothing behind it', () => {
    expect(() => parsePublicJobId(`digits.1.${jobId}.x`)).toThrow('there is no job');
  });
});
