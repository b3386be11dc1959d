import { workerData } from 'node:worker_threads';
import { serveThread } from '../thread/serve-thread.js';
import { DeviceTurn } from './device-turn.js';
import { SharedLedger } from './ledger.js';
import { ScriptedRuntime } from './scripted-runtime.js';
import type { ScriptedThreadData } from './scripted-engine.js';

const { ledger, turn }: ScriptedThreadData = workerData;

await serveThread(new ScriptedRuntime(new SharedLedger(ledger), new DeviceTurn(turn)));
