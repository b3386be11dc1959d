import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mlp } from '@sluice/onnx-writer';
import { EngineFixture } from './engine-fixture.js';

/** Software Vulkan where distributions put it; undefined: whatever driver the machine has. */
const SWIFTSHADER = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/usr/lib/chromium-browser']
  .map((folder) => `${folder}/vk_swiftshader_icd.json`)
  .filter((path) => existsSync(path));
const HOW_TO_GET_ONE =
  'no usable Vulkan driver; a software one comes with `apt-get install chromium libvulkan1` (SwiftShader), or Mesa 25+';

interface Answers {
  readonly device: string;
  readonly answers: readonly (readonly number[])[];
  readonly warmMs: number;
}
type Outcome = { readonly webgpu: Answers; readonly cpu: Answers } | { readonly error: string };

describe('WebGPU', () => {
  it('answers as the CPU does, two versions on one thread', async ({ skip }) => {
    const fixture = await EngineFixture.create();
    const path = await fixture.file('mlp.onnx', mlp([64, 128, 16]));
    const outcome = await firstUsable(path);
    await fixture[Symbol.asyncDispose]();
    if (!outcome) {
      process.stdout.write(`WebGPU is not tested: ${HOW_TO_GET_ONE}\n`);
      skip(HOW_TO_GET_ONE);
      return;
    }
    if ('error' in outcome) throw new Error(outcome.error);
    const { webgpu, cpu } = outcome;
    const difference = Math.max(...webgpu.answers.flatMap((values, run) => distances(values, cpu.answers[run] ?? [])));
    process.stdout.write(`WebGPU: ${webgpu.warmMs.toFixed(1)} ms a warm run, ${difference} away from the CPU\n`);
    expect([webgpu.device, cpu.device]).toEqual(['webgpu', 'cpu']);
    expect(webgpu.answers.map((values) => values.length)).toEqual([64, 64]);
    expect(difference).toBeLessThan(1e-5);
  }, 60_000);
});

/** The first driver that WebGPU accepts. A driver that it refuses, or that crashes, is no driver. */
async function firstUsable(model: string): Promise<Outcome | undefined> {
  for (const driver of [undefined, ...SWIFTSHADER]) {
    const outcome = await tryDriver(model, driver);
    if (outcome && !('error' in outcome && /WebGPU adapter|webgpu.* backend not found/.test(outcome.error)))
      return outcome;
  }
  return undefined;
}

function tryDriver(model: string, driver: string | undefined): Promise<Outcome | undefined> {
  const program = fileURLToPath(new URL('webgpu-child.mjs', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, driver ? [program, model, driver] : [program, model], (error, stdout) => {
      resolve(error ? undefined : JSON.parse(stdout));
    });
  });
}

function distances(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, index) => Math.abs(value - (right[index] ?? Number.NaN)));
}
