import fc from 'fast-check';
import { join, normalize } from 'node:path';
import { faultBetweenFilePaths, faultOfFilePath } from './file-path.js';

describe('faultOfFilePath', () => {
  it.each(['model.onnx', 'model.onnx.data', 'weights/part 1.bin', 'a/b/c', 'onnx__MatMul_12', 'größe.bin', 'a..b'])(
    'has nothing against %j',
    (path) => expect(faultOfFilePath(path)).toBeUndefined(),
  );

  it.each([
    ['', 'empty'],
    ['/etc/passwd', 'absolute'],
    ['C:/model.onnx', 'absolute'],
    ['..', 'stays in the folder'],
    ['../model.onnx', 'stays in the folder'],
    ['a/../../b', 'stays in the folder'],
    ['./model.onnx', 'stays in the folder'],
    ['a//b', 'empty name'],
    ['a/', 'empty name'],
    ['a\\b', 'backslash'],
    ['..\\b', 'backslash'],
    ['.manifest.json', 'hidden'],
    ['a/.git/b', 'hidden'],
    ['a\0.onnx', 'control'],
    ['a\nb', 'control'],
    ['a\ud800', 'NFC'],
    ['gro\u0308ße', 'NFC'],
    ['x'.repeat(256), 'name longer'],
    [`${'x'.repeat(200)}/`.repeat(3), 'longer than 512'],
  ])('refuses %j', (path, fault) => expect(faultOfFilePath(path)).toContain(fault));

  it('lets nothing out of the folder, whatever the characters', () => {
    const parts = fc.constantFrom('..', '.', '/', '\\', 'a', 'C:', '\0', '%2e', '~', '…', '');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), (pieces) => {
        const path = pieces.join('');
        fc.pre(faultOfFilePath(path) === undefined);
        expect(join('/store/m/1', path)).toBe(`/store/m/1/${path}`);
        expect(normalize(path)).toBe(path);
      }),
    );
  });
});

describe('faultBetweenFilePaths', () => {
  it.each([[['a', 'b/a', 'b/c']], [['a/b', 'a.b', 'ab']]])('has nothing against %j', (paths) => {
    expect(faultBetweenFilePaths(paths)).toBeUndefined();
  });

  it.each([
    [['a', 'b', 'a'], 'the same file'],
    [['Model.onnx', 'model.onnx'], 'the same file'],
    [['a/b/c', 'a/b'], 'is a file, and a folder'],
    [['A', 'a/b/c'], 'is a file, and a folder'],
  ])('of %j says: %s', (paths, fault) => expect(faultBetweenFilePaths(paths)).toContain(fault));
});
