import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formBody } from './form-body.js';
import { findVersion } from './version-files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-push-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), content);
}

describe('what is pushed of a folder', () => {
  it('is every file under its path, and the configuration beside them', () => {
    for (const path of ['model.onnx', 'weights/a.bin', 'config.json', '.hidden', '.git/config']) write(path, path);
    const { files, config } = findVersion(folder);
    expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
      ['model.onnx', 10],
      ['weights/a.bin', 13],
    ]);
    expect(config).toBe(join(folder, 'config.json'));
  });

  it('is the model itself, when it is a file, whatever that is called', () => {
    write('best.onnx', 'model');
    expect(findVersion(join(folder, 'best.onnx')).files).toMatchObject([{ path: 'model.onnx', bytes: 5 }]);
  });

  it('is nothing where there is no model, and says so', () => {
    write('weights.bin', '');
    expect(() => findVersion(folder)).toThrow('there is no model.onnx in');
    expect(() => findVersion(join(folder, 'nowhere'))).toThrow(/cannot push .*nowhere: ENOENT/);
  });
});

describe('the body that pushes it', () => {
  it('is a form as long as it says, with the digest of each file', async () => {
    write('model.onnx', 'the model');
    write('a "quoted" name.bin', '');
    let read = 0;
    const fields = new Map([['origin', 'here\r\n--and there']]);
    const { contentType, bytes, content } = formBody(findVersion(folder).files, fields, (some) => (read += some));
    const body = Buffer.concat(await content.toArray());
    expect([body.byteLength, read]).toEqual([bytes, 'the model'.length]);
    const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
    const names = ['origin', 'a "quoted" name.bin', 'digest:a "quoted" name.bin', 'model.onnx', 'digest:model.onnx'];
    expect([...form.keys()]).toEqual(names);
    expect(await (form.get('model.onnx') as File).text()).toBe('the model');
    expect(form.get('origin')).toBe('here\r\n--and there');
    expect(form.get('digest:model.onnx')).toBe(createHash('sha256').update('the model').digest('hex'));
  });
});
