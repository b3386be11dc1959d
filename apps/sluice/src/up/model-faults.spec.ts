import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelFaults } from './model-faults.js';

it('tells each fault once, whatever else the workers log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-logs-'));
  const fault = '{"level":50,"model":"bad","version":"1","reason":"not an ONNX file","msg":"model_unavailable"}';
  const files = ['worker-1', 'worker-2', 'missing'].map((name) => join(folder, `${name}.log`));
  writeFileSync(files[0]!, `plain text\n${fault}\n{"msg":"model_ready","model":"good"}\n`);
  writeFileSync(files[1]!, `${fault}\n${fault.slice(0, 90)}`);
  expect(modelFaults(files)).toEqual(['model bad version 1 is not available: not an ONNX file']);
  rmSync(folder, { recursive: true });
});
