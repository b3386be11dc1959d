import { explainFullDisk } from './disk-full.js';

describe('explainFullDisk', () => {
  const failed = (code: string) => Object.assign(new Error(`${code}: write`), { code });

  it.each(['ENOSPC', 'EDQUOT'])('says of %s which disk is full, and what to do', (code) => {
    expect(explainFullDisk(failed(code), '/srv/store')).toMatchObject({
      code: 'model_unavailable',
      message: expect.stringMatching(/disk of \/srv\/store: remove versions/),
    });
  });

  it('leaves other errors as they are', () => {
    const error = failed('EIO');
    expect(explainFullDisk(error, '/srv/store')).toBe(error);
  });
});
