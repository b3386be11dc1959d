// Runs a model on WebGPU and on the CPU and prints both answers, in a process of its own: a driver that is missing or too
// old may take the process with it. argv: model file, and optionally the Vulkan driver to use. Runs on the built tree.
import { OnnxEngine, packBatch } from '../../dist/libs/inference-engine/src/index.js';

const [path, driver] = process.argv.slice(2);
// oxlint-disable-next-line no-restricted-properties -- the Vulkan loader reads it, and nothing else can tell it
if (driver) process.env.VK_DRIVER_FILES = driver;

const batch = () => {
  const bytes = new Uint8Array(Float32Array.from({ length: 4 * 64 }, (_, index) => Math.sin(index)).buffer);
  return packBatch([{ name: 'x', datatype: 'FP32', shape: [4, 64], bytes }], ['y']);
};

async function answersOn(device) {
  const engine = new OnnxEngine({ device, fallback: 'none', intraOpThreads: 1, allowSpinning: false });
  try {
    // Two versions: on WebGPU they share a thread, and one must outlive the other.
    const [first, second] = await Promise.all(
      ['1', '2'].map((version) => engine.load({ ref: { model: 'mlp', version }, path })),
    );
    const before = await first.run(batch());
    await first.release();
    const after = await second.run(batch());
    const warm = await second.run({ ...batch(), buffer: after.buffer });
    return { device: second.device, answers: [before, after].map(valuesOf), warmMs: warm.deviceMs };
  } finally {
    await engine.close();
  }
}

function valuesOf({ outputs: [{ bytes }] }) {
  return [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)];
}

try {
  const webgpu = await answersOn('webgpu');
  console.log(JSON.stringify({ webgpu, cpu: await answersOn('cpu') }));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
}
