import { SluiceError } from '@sluice/contracts';

/** An execution provider of the runtime, with its options. */
export interface ProviderOptions {
  readonly name: 'cpu' | 'cuda' | 'tensorrt' | 'webgpu' | 'coreml' | 'dml';
  readonly deviceId?: number;
}

export interface ExecutionDevice {
  /** In full, e.g. `cuda:0`. */
  readonly name: string;
  /** In order of preference for each operator; the runtime itself adds its CPU kernels at the end. */
  readonly providers: readonly ProviderOptions[];
  /** Sessions of this device must live on one thread: with WebGPU in two, the process dies of a segmentation fault. */
  readonly oneThreadOnly: boolean;
}

const PLAIN = ['cpu', 'webgpu', 'coreml', 'dml'] as const;
const INDEXED = /^(cuda|tensorrt)(?::(\d{1,3}))?$/;
const CHOICES = 'cpu, cuda:N, tensorrt:N, webgpu, coreml or dml';

/** @throws SluiceError model_unavailable when there is no such device. Whether this machine has it, the first load says. */
export function parseExecutionDevice(text: string): ExecutionDevice {
  const plain = PLAIN.find((name) => name === text);
  if (plain) return { name: plain, providers: [{ name: plain }], oneThreadOnly: plain === 'webgpu' };
  const [, kind, index = '0'] = INDEXED.exec(text) ?? [];
  const deviceId = Number(index);
  const cuda = { name: 'cuda', deviceId } as const;
  if (kind === 'cuda') return { name: `cuda:${deviceId}`, providers: [cuda], oneThreadOnly: false };
  // What TensorRT cannot compute stays on the same card.
  if (kind === 'tensorrt')
    return { name: `tensorrt:${deviceId}`, providers: [{ name: 'tensorrt', deviceId }, cuda], oneThreadOnly: false };
  throw new SluiceError('model_unavailable', `unknown device ${JSON.stringify(text)}: choose ${CHOICES}`);
}
