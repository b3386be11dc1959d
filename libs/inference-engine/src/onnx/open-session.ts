import { InferenceSession } from 'onnxruntime-node';
import { messageOf, SluiceError } from '@sluice/contracts';
import type { EngineConfiguration } from '../engine-configuration.js';
import { parseExecutionDevice, type ExecutionDevice } from './execution-device.js';
import { sessionOptions } from './session-options.js';

export interface OpenSession {
  readonly session: InferenceSession;
  /** Where it computes: the device configured, or the fallback. */
  readonly device: string;
}

/**
 * Opens a model file, by its path: from a buffer it would be in memory twice.
 *
 * The runtime has no fallback of its own (a list of providers throws when the first one is missing), and a server that
 * quietly computes elsewhere is worse than one that does not start: only `fallback: 'cpu'` tries again.
 * @throws SluiceError model_unavailable, naming the file, the device and the runtime's reason
 */
export async function openSession(path: string, configuration: EngineConfiguration): Promise<OpenSession> {
  const device = parseExecutionDevice(configuration.device);
  try {
    return await createOn(device, path, configuration);
  } catch (error) {
    const problem = `cannot load ${path} on ${device.name}: ${messageOf(error)}`;
    if (configuration.fallback === 'none' || device.name === 'cpu')
      throw new SluiceError('model_unavailable', problem, { cause: error });
    try {
      return await createOn(parseExecutionDevice('cpu'), path, configuration);
    } catch (second) {
      throw new SluiceError('model_unavailable', `${problem}; nor on cpu: ${messageOf(second)}`, { cause: second });
    }
  }
}

async function createOn(
  { name, providers }: ExecutionDevice,
  path: string,
  configuration: EngineConfiguration,
): Promise<OpenSession> {
  const session = await InferenceSession.create(path, sessionOptions(providers, configuration));
  return { session, device: name };
}
