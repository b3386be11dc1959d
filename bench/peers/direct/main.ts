import { stopWithParent } from '@sluice/local-cluster';
import { fastify } from 'fastify';
import type { InferRequest } from '../infer-messages.js';
import { fromJson, toJson } from '../json-tensors.js';
import { openModel } from '../../harness/open-model.js';
import { runModel } from '../run-model.js';

/** The least that serves a model: Fastify, and the run in its handler. No queue, no batches, one process. */
stopWithParent();
const [modelPath = ''] = process.argv.slice(2);
const session = await openModel(modelPath);
const app = fastify();
app.post<{ Body: InferRequest; Params: { model: string } }>('/v2/models/:model/infer', async ({ body, params }) => ({
  model_name: params.model,
  ...toJson(await runModel(session, fromJson(body))),
}));
app.addHook('onClose', () => session.release());
process.once('SIGTERM', () => void app.close());

const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.({ port: Number(new URL(url).port) });
