import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noteCluster, runningCluster } from './cluster-file.js';

const URL = 'redis://127.0.0.1:6400';

describe('the note of a cluster that runs', () => {
  let root: string;
  let file: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sluice-note-'));
    file = join(root, '.sluice', 'cluster.json');
    mkdirSync(join(root, '.sluice'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is found until it is taken back, by its owner alone', () => {
    const takeBack = noteCluster(root, URL);
    expect(runningCluster(root)).toEqual({ pid: process.pid, redisUrl: URL });
    expect(statSync(file).mode & 0o077).toBe(0);
    takeBack();
    expect(runningCluster(root)).toBeUndefined();
  });

  it('of one that was killed counts for nothing', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(file, JSON.stringify({ pid, redisUrl: URL }));
    expect(runningCluster(root)).toBeUndefined();
  });
});
