import { sandboxLimits } from './sandbox-limits.js';

const BY_SIZE = { memoryBytes: undefined, timeoutMs: undefined };
const config = { platform: 'onnxruntime_onnx' } as const;

describe('sandboxLimits', () => {
  it('grow with the files', () => {
    expect(sandboxLimits({ bytes: 0, config }, BY_SIZE)).toEqual({ memoryBytes: 2 ** 30, timeoutMs: 60_000 });
    expect(sandboxLimits({ bytes: 1e9, config }, BY_SIZE)).toEqual({ memoryBytes: 2 ** 30 + 4e9, timeoutMs: 110_000 });
  });

  it('leave room for what config.json says that the version takes', () => {
    const { memoryBytes } = sandboxLimits({ bytes: 1_000, config: { ...config, memoryBytes: 8e9 } }, BY_SIZE);
    expect(memoryBytes).toBe(2 ** 30 + 16e9);
  });

  it('are what the settings say, whatever the version', () => {
    const settings = { memoryBytes: 5e8, timeoutMs: 1_000 };
    expect(sandboxLimits({ bytes: 1e12, config }, settings)).toEqual(settings);
  });
});
