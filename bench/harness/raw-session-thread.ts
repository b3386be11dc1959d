import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { RawSample, RawSessionPlan } from './raw-session.js';

/** As a worker opens it (libs/inference-engine/src/onnx/open-session.ts) with the one thread that the bench gives it. */
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
};

async function measure(session: InferenceSession, { input, output }: RawSessionPlan, ms: number): Promise<RawSample> {
  const feeds = { [input.name]: new Tensor('float32', Float32Array.from(input.data), input.shape) };
  const latenciesMs: number[] = [];
  let last: InferenceSession.ReturnType = {};
  const end = performance.now() + ms;
  for (let startedAt = performance.now(); startedAt < end; startedAt = performance.now()) {
    last = await session.run(feeds, [output]);
    latenciesMs.push(performance.now() - startedAt);
  }
  return { latenciesMs, output: Array.from(last[output]?.data ?? [], Number) };
}

if (!parentPort) throw new Error('this is the thread of RawSession');
const plan: RawSessionPlan = workerData;
const session = await InferenceSession.create(plan.model, SESSION_OPTIONS);
parentPort.postMessage('ready', []);
for await (const [request] of on(parentPort, 'message')) {
  if (request === 'close') break;
  parentPort.postMessage(await measure(session, plan, Number(request)), []);
}
await session.release();
