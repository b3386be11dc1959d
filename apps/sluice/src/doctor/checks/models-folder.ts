import { counted } from '../counted.js';
import type { MachineFacts, ModelsFolderFacts } from '../facts.js';
import { fault, ok, warning, type Finding } from '../finding.js';
import { inBytes } from '../in-bytes.js';

/** What a worker started here would find to load. */
export function checkModelsFolder(models: ModelsFolderFacts, { memoryBytes }: Pick<MachineFacts, 'memoryBytes'>) {
  const { folder, versions, faults, bytes } = models;
  if (models.fault !== undefined) return [fault(models.fault, `ls -ld ${folder}    # SLUICE_MODELS names another one`)];
  const findings: Finding[] = faults.map((reason) => fault(reason));
  if (versions === 0)
    findings.push(warning(`there is no model in ${folder}`, `put one at ${folder}/<name>/1/model.onnx`));
  else findings.push(ok(`${folder} has ${counted(versions, 'model version')}, ${inBytes(bytes)}`));
  if (bytes > memoryBytes)
    findings.push(
      warning(
        `every worker holds all models: their ${inBytes(bytes)} are more than this machine's memory of ${inBytes(memoryBytes)}`,
        'give this machine fewer models: SLUICE_MODELS names their folder',
      ),
    );
  return findings;
}
