import { workerData } from 'node:worker_threads';
import type { EngineConfiguration } from '../engine-configuration.js';
import { serveThread } from '../thread/serve-thread.js';
import { OnnxRuntime } from './onnx-runtime.js';

const configuration: EngineConfiguration = workerData;

await serveThread(new OnnxRuntime(configuration));
