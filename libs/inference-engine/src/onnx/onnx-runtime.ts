import type { InferenceSession } from 'onnxruntime-node';
import { messageOf, SluiceError, type Tensor } from '@sluice/contracts';
import type { EngineConfiguration } from '../engine-configuration.js';
import type { PackedBatch } from '../inference-engine.js';
import type { LoadedSession, SessionKey } from '../thread/messages.js';
import type { Runtime } from '../thread/serve-thread.js';
import { openSession } from './open-session.js';
import { fromOrtTensor, toOrtTensor } from './ort-tensor.js';
import { describeModel } from './describe-model.js';

/** Fatal errors only: what fails a run is in the error, and need not be on stderr as well for each bad request. */
const RUN_OPTIONS = { logSeverityLevel: 4 } as const;

/** onnxruntime on the engine thread. `create` and `run` block it from start to end, whatever their promises suggest. */
export class OnnxRuntime implements Runtime {
  readonly #sessions = new Map<SessionKey, InferenceSession>();

  constructor(private readonly configuration: EngineConfiguration) {}

  async load(key: SessionKey, path: string): Promise<LoadedSession> {
    const { session, device } = await openSession(path, this.configuration);
    try {
      const description = describeModel(session.inputMetadata, session.outputMetadata);
      this.#sessions.set(key, session);
      return { ...description, device };
    } catch (error) {
      await session.release();
      throw new SluiceError('model_unavailable', `cannot serve ${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  async run(key: SessionKey, { buffer, inputs, outputs }: PackedBatch): Promise<readonly Tensor[]> {
    const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOrtTensor(input, buffer)]));
    const results = await this.#session(key).run(feeds, outputs, RUN_OPTIONS);
    return outputs.map((name) => {
      const result = results[name];
      if (!result) throw new SluiceError('inference_failed', `the run gave no output ${name}`);
      return fromOrtTensor(name, result);
    });
  }

  async release(key: SessionKey): Promise<void> {
    const session = this.#session(key);
    this.#sessions.delete(key);
    await session.release();
  }

  #session(key: SessionKey): InferenceSession {
    const session = this.#sessions.get(key);
    if (!session) throw new SluiceError('model_unavailable', `no model is loaded under key ${key}`);
    return session;
  }
}
