import { mlp } from '@sluice/onnx-writer';
import { EngineFixture } from './engine-fixture.js';

const ref = { model: 'm', version: '1' };

describe('a model that cannot be loaded', () => {
  let fixture: EngineFixture;
  beforeAll(async () => {
    fixture = await EngineFixture.create();
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  it('names the missing file', async () => {
    const loading = fixture.engine().load({ ref, path: '/no/such/model.onnx' });
    await expect(loading).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringMatching(/^cannot load \/no\/such\/model\.onnx on cpu: .*doesn't exist/),
    });
  });

  it.each([
    ['text', 'not a model'],
    ['half a model', mlp([4, 4]).subarray(0, 100)],
    ['nothing', ''],
  ])('names the file that holds %s', async (_, bytes) => {
    const path = await fixture.file('corrupt.onnx', bytes);
    await expect(fixture.engine().load({ ref, path })).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringMatching(/^cannot load .*corrupt\.onnx on cpu: ./),
    });
  });

  it('an unknown device stops the engine before it starts, with the choices', () => {
    expect(() => fixture.engine({ device: 'gpu' })).toThrow(/unknown device "gpu": choose cpu, cuda:N/);
  });

  /** coreml exists on Apple machines only, dml on Windows only: one of them is missing everywhere. */
  const missing = process.platform === 'darwin' ? 'dml' : 'coreml';

  it('a device that is not there is named, and nothing else is tried', async () => {
    const path = await fixture.file('model.onnx', mlp([4, 4]));
    const loading = fixture.engine({ device: missing }).load({ ref, path });
    await expect(loading).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringMatching(new RegExp(`^cannot load .*model\\.onnx on ${missing}: .*${missing}`)),
    });
  });

  it('falls back to cpu when that is configured, and says so', async () => {
    const model = await fixture.load(mlp([4, 4]), { device: missing, fallback: 'cpu' });
    expect(model.device).toBe('cpu');
  });

  it('gives both reasons when the fallback fails as well', async () => {
    const path = await fixture.file('corrupt.onnx', 'not a model');
    const loading = fixture.engine({ device: missing, fallback: 'cpu' }).load({ ref, path });
    await expect(loading).rejects.toThrow(new RegExp(`on ${missing}: .*; nor on cpu: .*corrupt\\.onnx`, 's'));
  });

  it('cuda loads, or fails with the name of what is missing', async () => {
    const path = await fixture.file('model.onnx', mlp([4, 4]));
    const loaded = fixture.engine({ device: 'cuda:0' }).load({ ref, path });
    const outcome = await loaded.then(
      ({ device }) => device,
      (error: Error) => error.message,
    );
    expect(outcome).toMatch(/^cuda:0$|^cannot load .*model\.onnx on cuda:0: .*cuda/is);
  });
});
