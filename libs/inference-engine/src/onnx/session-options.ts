import type { InferenceSession } from 'onnxruntime-node';
import type { EngineConfiguration } from '../engine-configuration.js';
import type { ProviderOptions } from './execution-device.js';

const LOG_ERRORS_ONLY = 3;

/** How a session is opened, here and by whoever compares itself with us. */
export function sessionOptions(
  providers: readonly ProviderOptions[],
  { intraOpThreads, allowSpinning }: Pick<EngineConfiguration, 'intraOpThreads' | 'allowSpinning'>,
): InferenceSession.SessionOptions {
  return {
    executionProviders: providers,
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    logSeverityLevel: LOG_ERRORS_ONLY,
    // Configuration entries are strings, whatever they mean.
    extra: { session: { intra_op: { allow_spinning: allowSpinning ? '1' : '0' } } },
  };
}
