import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '@sluice/contracts';
import { openModel } from '../../harness/open-model.js';
import { runModel, type FloatTensor } from '../run-model.js';

export interface ThreadRequest {
  readonly id: number;
  readonly inputs: readonly FloatTensor[];
}

export type ThreadReply =
  | { readonly id: number; readonly outputs: readonly FloatTensor[] }
  | { readonly id: number; readonly error: string };

if (!parentPort) throw new Error('this is the thread of InferenceService');
const modelPath: string = workerData;
const session = await openModel(modelPath);
parentPort.postMessage('ready', []);
for await (const [message] of on(parentPort, 'message')) {
  if (message === 'close') break;
  const { id, inputs } = message as ThreadRequest;
  try {
    const outputs = await runModel(session, inputs);
    parentPort.postMessage(
      { id, outputs } satisfies ThreadReply,
      outputs.map(({ data }) => data.buffer),
    );
  } catch (error) {
    parentPort.postMessage({ id, error: messageOf(error) } satisfies ThreadReply, []);
  }
}
await session.release();
