import { workerData } from 'node:worker_threads';
import { serveThread } from '../thread/serve-thread.js';
import { SharedLedger } from './ledger.js';
import { ScriptedRuntime } from './scripted-runtime.js';

const ledgerMemory: SharedArrayBuffer = workerData;

await serveThread(new ScriptedRuntime(new SharedLedger(ledgerMemory)));
