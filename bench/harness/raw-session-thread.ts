import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { openModel } from './open-model.js';
import type { RawRequest, RawSample, RawSessionPlan } from './raw-session.js';

if (!parentPort) throw new Error('this is the thread of RawSession');
const plan: RawSessionPlan = workerData;
const session = await openModel(plan.model);
parentPort.postMessage('ready', []);
for await (const [request] of on(parentPort, 'message')) {
  if (request === 'close') break;
  parentPort.postMessage(await measure(request), []);
}
await session.release();

async function measure({ input, ms }: RawRequest): Promise<RawSample> {
  const feeds = { [plan.input]: new Tensor('float32', Float32Array.from(input.data), input.shape) };
  const latenciesMs: number[] = [];
  const end = performance.now() + ms;
  let last: InferenceSession.ReturnType;
  let startedAt = performance.now();
  do {
    last = await session.run(feeds, [plan.output]);
    const endedAt = performance.now();
    latenciesMs.push(endedAt - startedAt);
    startedAt = endedAt;
  } while (startedAt < end);
  return { latenciesMs, output: Array.from(last[plan.output]?.data ?? [], Number) };
}
