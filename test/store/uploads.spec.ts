import { FolderContentStore } from '@sluice/model-store';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('fixtures/upload.mjs', import.meta.url));
const HALF = randomBytes(3_000_000);
const WHOLE = Buffer.concat([HALF, HALF]);
const DIGEST = createHash('sha256').update(WHOLE).digest('hex');

/** A process that uploads what it is sent. */
class Uploader {
  private readonly child;
  private readonly lines;
  readonly exited: Promise<unknown>;

  constructor(folder: string) {
    this.child = spawn(process.execPath, [PROGRAM, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    // Killed, it reads no more.
    this.child.stdin.on('error', () => {});
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
    this.exited = once(this.child, 'exit');
  }

  send(bytes: Uint8Array): void {
    this.child.stdin.write(bytes);
  }

  end(): void {
    this.child.stdin.end();
  }

  async written(bytes: number): Promise<void> {
    for (let line = await this.next(); line !== undefined; line = await this.next()) if (Number(line) >= bytes) return;
    throw new Error(`the uploader ended before ${bytes} bytes`);
  }

  /** The digest that it stored. */
  async stored(): Promise<string> {
    for (let line = await this.next(); line !== undefined; line = await this.next())
      if (line.startsWith('stored ')) return line.slice('stored '.length);
    throw new Error('the uploader ended without a digest');
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  private async next(): Promise<string | undefined> {
    const { done, value } = await this.lines.next();
    return done ? undefined : value;
  }
}

describe('uploads by processes of their own', () => {
  let folder: string;
  let store: FolderContentStore;
  let uploaders: Uploader[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-uploads-'));
    store = new FolderContentStore(folder);
    uploaders = [];
  });
  afterEach(async () => {
    await Promise.all(uploaders.map((uploader) => uploader.kill()));
    await rm(folder, { recursive: true });
  });

  const uploader = () => {
    const started = new Uploader(folder);
    uploaders.push(started);
    return started;
  };
  const filesIn = async (path: string) => {
    const entries = await readdir(join(folder, path), { recursive: true, withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  };

  it('one that is killed halfway leaves nothing but a temporary file, which is swept when it is old', async () => {
    const victim = uploader();
    victim.send(HALF);
    await victim.written(HALF.length);
    await victim.kill();
    expect(await filesIn('blobs')).toEqual([]);
    const [torn] = await filesIn('temporary');
    expect((await stat(join(folder, 'temporary', torn!))).size).toBe(HALF.length);
    expect(await store.collect({ graceMs: 60_000 })).toEqual({ blobs: [], leftovers: 0 });
    expect(await store.collect({ graceMs: 0 })).toEqual({ blobs: [], leftovers: 1 });
    expect(await filesIn('')).toEqual([]);
    await store.putBlob(Readable.from([HALF, HALF]), { maxBytes: WHOLE.length, digest: DIGEST });
    expect(await store.verify(DIGEST)).toBe('sound');
  });

  it('one that is killed at its end has stored all or nothing', async () => {
    for (let round = 0; round < 5; round++) {
      const victim = uploader();
      victim.send(WHOLE);
      victim.end();
      await victim.written(WHOLE.length);
      await victim.kill();
      expect(await store.verify(DIGEST)).not.toBe('damaged');
      await store.collect({ graceMs: 0 });
      expect(await filesIn('')).toEqual([]);
    }
  });

  it('two that upload the same bytes at once store them once, each with success', async () => {
    const both = [uploader(), uploader()];
    for (const each of both) each.send(HALF);
    await Promise.all(both.map((each) => each.written(HALF.length)));
    expect(await filesIn('temporary')).toHaveLength(2);
    for (const each of both) {
      each.send(HALF);
      each.end();
    }
    expect(await Promise.all(both.map((each) => each.stored()))).toEqual([DIGEST, DIGEST]);
    await Promise.all(both.map((each) => each.exited));
    expect(await filesIn('')).toEqual([DIGEST]);
    expect(await store.verify(DIGEST)).toBe('sound');
  });

  it('one that is slower than a collection is not swept while it writes', async () => {
    const slow = uploader();
    slow.send(HALF);
    await slow.written(HALF.length);
    await store.collect({ graceMs: 60_000 });
    slow.send(HALF);
    slow.end();
    expect(await slow.stored()).toBe(DIGEST);
  });
});
