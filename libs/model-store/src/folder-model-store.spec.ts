import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SluiceError } from '@sluice/contracts';
import { FolderModelStore } from './folder-model-store.js';

describe('FolderModelStore', () => {
  let folder: string;
  let store: FolderModelStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-models-'));
    store = new FolderModelStore(folder);
  });

  afterEach(async () => rm(folder, { recursive: true }));

  it('lists versions by name and number', async () => {
    await write('b/1/model.onnx', 'a/10/model.onnx', 'a/9/model.onnx');
    await writeFile(join(folder, 'a/9/model.onnx'), '12345');
    expect(await store.list()).toEqual([
      {
        ref: { model: 'a', version: '9' },
        config: defaults,
        path: join(folder, 'a/9/model.onnx'),
        fingerprint,
        bytes: 5,
      },
      {
        ref: { model: 'a', version: '10' },
        config: defaults,
        path: join(folder, 'a/10/model.onnx'),
        fingerprint,
        bytes: 0,
      },
      {
        ref: { model: 'b', version: '1' },
        config: defaults,
        path: join(folder, 'b/1/model.onnx'),
        fingerprint,
        bytes: 0,
      },
    ]);
  });

  it('reads the configuration of a model for all of its versions', async () => {
    await write('m/1/model.onnx', 'm/2/model.onnx');
    await writeConfig('m', { max_batch_size: 4 });
    expect(await store.list()).toMatchObject([{ config: { maxBatchSize: 4 } }, { config: { maxBatchSize: 4 } }]);
  });

  it('passes on the description of a scripted model', async () => {
    await write('m/1/model.json');
    await writeConfig('m', { platform: 'scripted' });
    expect(await store.list()).toMatchObject([
      { config: { platform: 'scripted' }, path: join(folder, 'm/1/model.json') },
    ]);
  });

  it('ignores what is not a model or a version', async () => {
    await write('README.md', '.new/1/model.onnx', 'm/1/model.onnx', 'm/README.md');
    await write('m/training/a.ts', 'm/0/model.onnx', 'm/01/model.onnx', 'm/1.5/model.onnx', 'm/-1/model.onnx', 'm/7');
    expect(await names()).toEqual(['m/1']);
  });

  it('follows links', async () => {
    await write('.data/1/model.onnx');
    await symlink(join(folder, '.data'), join(folder, 'm'));
    await symlink(join(folder, 'nowhere'), join(folder, 'n'));
    expect(await names()).toEqual(['m/1']);
  });

  it('lists an empty folder as no models', async () => {
    expect(await store.list()).toEqual([]);
  });

  it('finds models that were added since', async () => {
    await write('m/1/model.onnx');
    await store.list();
    await write('m/2/model.onnx');
    expect(await names()).toEqual(['m/1', 'm/2']);
  });

  it('lists one model when only that is asked for', async () => {
    await write('m/1/model.onnx', 'n/1/model.onnx');
    expect(await store.list('n')).toMatchObject([{ ref: { model: 'n', version: '1' } }]);
    expect(await store.list('o')).toEqual([]);
  });

  it.each([
    ['the model, of the same length', () => writeFile(join(folder, 'm/1/model.onnx'), 'B')],
    ['what lies beside the model', () => writeFile(join(folder, 'm/1/model.onnx.data'), '')],
    ['the configuration', () => writeConfig('m', { max_batch_size: 4 })],
  ])('gives another fingerprint after a change of %s, and the same after none', async (_, change) => {
    await write('m/1/model.onnx');
    await writeFile(join(folder, 'm/1/model.onnx'), 'A');
    const print = async () => {
      const [stored] = await store.list('m');
      return stored?.fault === undefined ? stored?.fingerprint : stored.fault;
    };
    const before = await print();
    expect(await print()).toBe(before);
    await change();
    expect(await print()).not.toBe(before);
  });

  it('faults every version of a model whose configuration is invalid, and no other model', async () => {
    await write('bad/1/model.onnx', 'bad/2/model.onnx', 'good/1/model.onnx');
    await writeConfig('bad', { max_batchsize: 4 });
    const fault = `${join(folder, 'bad/config.json')}: unknown key "max_batchsize": remove or correct`;
    expect(await store.list()).toEqual([
      { ref: { model: 'bad', version: '1' }, fault },
      { ref: { model: 'bad', version: '2' }, fault },
      expect.objectContaining({ ref: { model: 'good', version: '1' }, config: defaults }),
    ]);
  });

  it('faults a version without its model, and no other version', async () => {
    await write('m/1/model.onnx', 'm/2/model.pt');
    expect(await store.list()).toEqual([
      expect.objectContaining({ ref: { model: 'm', version: '1' }, config: defaults }),
      {
        ref: { model: 'm', version: '2' },
        fault: `${join(folder, 'm/2/model.onnx')} is missing: put the model there`,
      },
    ]);
  });

  it('looks for the file of the platform', async () => {
    await write('m/1/model.onnx');
    await writeConfig('m', { platform: 'scripted' });
    expect(await store.list()).toMatchObject([{ fault: expect.stringContaining('m/1/model.json is missing') }]);
  });

  it('lists a model without versions as the version to add', async () => {
    await write('m/model.onnx');
    expect(await store.list()).toEqual([
      {
        ref: { model: 'm', version: '1' },
        fault: `${join(folder, 'm')} has no version: put the model at ${join(folder, 'm/1/model.onnx')}`,
      },
    ]);
  });

  it.each(['my model', 'a.b', '_m', 'ü'])('faults the name %j', async (name) => {
    await write(`${name}/3/model.onnx`);
    expect(await store.list()).toEqual([
      { ref: { model: name, version: '3' }, fault: expect.stringContaining(`${join(folder, name)}: rename it`) },
    ]);
  });

  it('faults a configuration that cannot be read', async () => {
    await write('m/1/model.onnx', 'm/config.json/oops');
    expect(await store.list()).toMatchObject([{ fault: expect.stringContaining('m/config.json: EISDIR') }]);
  });

  it.each(['missing', 'file'])('says which folder of models is a %s', async (name) => {
    await write('file');
    const listing = new FolderModelStore(join(folder, name)).list();
    await expect(listing).rejects.toThrow(SluiceError);
    await expect(listing).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining(`the models folder ${join(folder, name)} cannot be read`),
    });
  });

  const defaults = { platform: 'onnxruntime_onnx' };
  const fingerprint: unknown = expect.any(String);

  async function names(): Promise<string[]> {
    return (await store.list()).map(({ ref }) => `${ref.model}/${ref.version}`);
  }

  async function writeConfig(model: string, config: unknown): Promise<void> {
    await writeFile(join(folder, model, 'config.json'), JSON.stringify(config));
  }

  async function write(...paths: string[]): Promise<void> {
    await Promise.all(
      paths.map(async (path) => {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), '');
      }),
    );
  }
});
