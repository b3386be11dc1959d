import { sessionOptions } from '@sluice/inference-engine';
import { InferenceSession } from 'onnxruntime-node';

/** A model as a worker opens it, with the one thread for a run that the bench gives to everybody. */
export function openModel(path: string): Promise<InferenceSession> {
  return InferenceSession.create(path, sessionOptions([{ name: 'cpu' }], { intraOpThreads: 1, allowSpinning: false }));
}
