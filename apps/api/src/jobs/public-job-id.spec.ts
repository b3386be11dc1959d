import { JobIds } from '@sluice/job-queue';
import { parsePublicJobId, publicJobId } from './public-job-id.js';

describe('the public id of a job', () => {
  const jobId = new JobIds(() => 1_700_000_000_000, Math.random).next();

  it('names the queue, the job and its time', () => {
    const publicId = publicJobId({ model: 'my-model_2', version: '12' }, jobId);
    expect(parsePublicJobId(publicId)).toEqual({
      ref: { model: 'my-model_2', version: '12' },
      queue: 'inference.my-model_2.12',
      jobId,
      createdAt: 1_700_000_000_000,
    });
  });

  it.each(['', 'digits', 'digits.1', `digits.x.${jobId}`, `.1.${jobId}`, `a b.1.${jobId}`, 'digits.1.7'])(
    'is not %j',
    (publicId) => {
      expect(() => parsePublicJobId(publicId)).toThrow(`there is no job ${publicId}`);
    },
  );

  it('has nothing behind it', () => {
    expect(() => parsePublicJobId(`digits.1.${jobId}.x`)).toThrow('there is no job');
  });
});
