import { parseExecutionDevice } from './execution-device.js';

describe('parseExecutionDevice', () => {
  it.each([
    ['cpu', 'cpu', [{ name: 'cpu' }]],
    ['webgpu', 'webgpu', [{ name: 'webgpu' }]],
    ['coreml', 'coreml', [{ name: 'coreml' }]],
    ['dml', 'dml', [{ name: 'dml' }]],
    ['cuda', 'cuda:0', [{ name: 'cuda', deviceId: 0 }]],
    ['cuda:3', 'cuda:3', [{ name: 'cuda', deviceId: 3 }]],
    [
      'tensorrt:1',
      'tensorrt:1',
      [
        { name: 'tensorrt', deviceId: 1 },
        { name: 'cuda', deviceId: 1 },
      ],
    ],
  ])('reads %s', (text, name, providers) => {
    expect(parseExecutionDevice(text)).toMatchObject({ name, providers });
  });

  it('keeps WebGPU, and nothing else, on one thread', () => {
    const devices = ['cpu', 'cuda:0', 'tensorrt:0', 'webgpu', 'coreml', 'dml'].map(parseExecutionDevice);
    expect(devices.filter(({ oneThreadOnly }) => oneThreadOnly).map(({ name }) => name)).toEqual(['webgpu']);
  });

  it.each(['', 'gpu', 'CPU', 'cpu:0', 'cuda:', 'cuda:x', 'cuda:-1', 'cuda:0 ', 'toString'])(
    'refuses %j and lists the choices',
    (text) => {
      expect(() => parseExecutionDevice(text)).toThrow(
        `unknown device ${JSON.stringify(text)}: choose cpu, cuda:N, tensorrt:N, webgpu, coreml or dml`,
      );
    },
  );
});
