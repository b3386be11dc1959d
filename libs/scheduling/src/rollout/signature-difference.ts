import type { ModelSignature, TensorSpec } from '@sluice/contracts';

/** What whoever calls the one version has to change to call the other, in words; nothing when it is nothing. */
export function signatureDifference(live: ModelSignature, candidate: ModelSignature): string[] {
  return [
    ...tensorDifference('input', live.inputs, candidate.inputs),
    ...tensorDifference('output', live.outputs, candidate.outputs),
  ];
}

function tensorDifference(what: string, live: readonly TensorSpec[], candidate: readonly TensorSpec[]): string[] {
  const byName = new Map(candidate.map((spec) => [spec.name, spec]));
  const differences = live.flatMap((before) => {
    const after = byName.get(before.name);
    byName.delete(before.name);
    return after ? specDifference(what, before, after) : [`${what} ${before.name} is missing`];
  });
  differences.push(...[...byName.values()].map((spec) => `${what} ${spec.name} (${describe(spec)}) is new`));
  const names = (specs: readonly TensorSpec[]) => specs.map(({ name }) => name).join(', ');
  // Tensors that wait in a queue are in the order of the version for which they were sent.
  if (differences.length === 0 && names(live) !== names(candidate))
    differences.push(`the ${what}s are in another order: ${names(candidate)} instead of ${names(live)}`);
  return differences;
}

function specDifference(what: string, before: TensorSpec, after: TensorSpec): string[] {
  if (describe(before) === describe(after)) return [];
  return [`${what} ${before.name} is ${describe(after)} instead of ${describe(before)}`];
}

function describe({ datatype, shape }: TensorSpec): string {
  return `${datatype}[${shape.join(',')}]`;
}
