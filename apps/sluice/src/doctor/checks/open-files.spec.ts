import { checkOpenFiles } from './open-files.js';

const maxConnections = 10_000;

describe('checkOpenFiles', () => {
  it.each([10_200, Infinity])('is content with %s for 10000 connections', (openFiles) => {
    expect(checkOpenFiles({ openFiles, maxConnections })).toMatchObject([{ level: 'ok' }]);
  });

  it.each([1_024, 10_199])('warns of %i, with the command that raises it', (openFiles) => {
    expect(checkOpenFiles({ openFiles, maxConnections })).toMatchObject([
      { level: 'warning', fix: expect.stringMatching(/^ulimit -n 10200 /) },
    ]);
  });

  it('says that the limit could not be read', () => {
    expect(checkOpenFiles({ openFiles: undefined, maxConnections })).toMatchObject([
      { level: 'warning', message: expect.stringContaining('could not be read') },
    ]);
  });
});
