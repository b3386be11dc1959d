import { once } from 'node:events';
import { rmSync } from 'node:fs';
import process from 'node:process';
import { messageOf, type ModelSignature, type Tensor } from '@sluice/contracts';
import { OnnxEngine, packBatch, ScriptedEngine, type LoadedModel } from '@sluice/inference-engine';
import { Raggedness } from '../batch/raggedness.js';
import { serveAs } from '../lifecycle/serve-as.js';
import { generateInputs } from '../update/generated-inputs.js';
import { firstNotFinite } from '../update/stages/not-finite.js';
import type { SandboxReport, SandboxTask } from './sandbox-messages.js';

/**
 * The process in which a version is opened for the first time: `Sandbox` starts it in an empty folder of its own, and sends
 * it one task. What the runtime does to this process, it does not do to the worker.
 *
 * The runtime has a thread of its own, so that this one notices when the worker is gone: then nobody wants the answer.
 */
// The runtime leaves logs where temporary files belong.
// oxlint-disable-next-line no-restricted-properties -- written, not read
process.env['TMPDIR'] = process.cwd();

process.on('disconnect', leaveNothing);
if (!process.connected) leaveNothing();

const [message] = await once(process, 'message');
const task: SandboxTask = message;
await report(await tryOut(task));

function leaveNothing(): void {
  rmSync(process.cwd(), { recursive: true, force: true });
  process.kill(process.pid, 'SIGKILL');
}

async function tryOut({ ref, path, config, maxBatch }: SandboxTask): Promise<SandboxReport> {
  const engine =
    config.platform === 'scripted'
      ? new ScriptedEngine()
      : new OnnxEngine({ device: 'cpu', fallback: 'none', intraOpThreads: 1, allowSpinning: false });
  try {
    await report({ kind: 'opening' });
    const startedAt = performance.now();
    const loaded = await engine.load({ ref, path });
    const openMs = performance.now() - startedAt;
    serveAs(config, loaded, maxBatch);
    const [sizes = []] = new Raggedness(config.ragged ?? [], loaded.signature).buckets().values();
    await report({ kind: 'running' });
    const doubt = await doubtAfterRun(loaded, generateInputs(loaded.signature, 1, sizes));
    return { kind: 'opened', signature: loaded.signature, openMs, peakBytes: peakBytes(), ...(doubt && { doubt }) };
  } catch (error) {
    return { kind: 'refused', reason: messageOf(error) };
  }
}

/** Inputs that nobody has chosen may well be refused, e.g. an image of one pixel: that is told, and is no fault. */
async function doubtAfterRun(loaded: LoadedModel, inputs: readonly Tensor[]): Promise<string | undefined> {
  const shapes = inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ');
  try {
    const { outputs } = await loaded.run(packBatch(inputs, namesOf(loaded.signature)));
    const [found] = outputs.flatMap((output) => firstNotFinite(output) ?? []);
    return found && `${found} for zeros as ${shapes}`;
  } catch (error) {
    return `the run failed for zeros as ${shapes}: ${messageOf(error)}`;
  }
}

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** Resolves when it is on its way: what ends the process after that does not take it along. */
function report(said: SandboxReport): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(said, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

function namesOf({ outputs }: ModelSignature): string[] {
  return outputs.map(({ name }) => name);
}
