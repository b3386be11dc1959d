import { checkModelsFolder } from './models-folder.js';

const folder = { folder: '/models', fault: undefined, versions: 2, faults: [], bytes: 5_000 };
const machine = { memoryBytes: 10_000 };

describe('checkModelsFolder', () => {
  it('is content with models that can be read', () => {
    expect(checkModelsFolder(folder, machine)).toEqual([
      { level: 'ok', message: '/models has 2 model versions, 4.9 KB' },
    ]);
  });

  it('names each model that cannot be loaded', () => {
    expect(checkModelsFolder({ ...folder, faults: ['a is broken', 'b too'] }, machine)).toMatchObject([
      { level: 'fault', message: 'a is broken' },
      { level: 'fault', message: 'b too' },
      { level: 'ok' },
    ]);
  });

  it('warns of an empty folder, and of models that do not fit into memory', () => {
    expect(checkModelsFolder({ ...folder, versions: 0 }, machine)).toMatchObject([{ level: 'warning' }]);
    expect(checkModelsFolder({ ...folder, bytes: 10_001 }, machine)).toMatchObject([
      { level: 'ok' },
      { level: 'warning' },
    ]);
  });

  it('finds a folder that cannot be read', () => {
    expect(checkModelsFolder({ ...folder, fault: 'no such folder' }, machine)).toMatchObject([
      { level: 'fault', message: 'no such folder', fix: expect.stringContaining('/models') },
    ]);
  });
});
