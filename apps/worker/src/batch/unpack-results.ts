import { elementBytes, type InferenceRequest, type InferenceResult, type Tensor } from '@sluice/contracts';

/**
 * Divides the outputs of a batch among its requests, by rows, in the order in which they were packed. Each request gets
 * the outputs that it asked for; nothing is copied.
 * @throws Error when an output does not have the batch's rows: the model does not treat its first dimension as a batch
 */
export function unpackResults(outputs: readonly Tensor[], requests: readonly InferenceRequest[]): InferenceResult[] {
  const byName = new Map(outputs.map((output) => [output.name, output]));
  const [only] = requests;
  // A request alone: whatever came out is its own, with a batch dimension or without.
  if (only && requests.length === 1) return [{ outputs: only.outputs.map((name) => find(byName, name)) }];
  const rows = requests.reduce((sum, request) => sum + request.rows, 0);
  const slicers = new Map(outputs.map((output) => [output.name, new RowSlicer(output, rows)]));
  return requests.map((request) => {
    const parts = new Map([...slicers].map(([name, slicer]) => [name, slicer.next(request.rows)]));
    return { outputs: request.outputs.map((name) => find(parts, name)) };
  });
}

/** Cuts one output into consecutive parts. */
class RowSlicer {
  private offset = 0;

  constructor(
    private readonly output: Tensor,
    private readonly rows: number,
  ) {
    if (output.shape[0] === rows) return;
    throw new Error(`output ${output.name} has shape [${output.shape.join()}] for a batch of ${rows} rows`);
  }

  next(rows: number): Tensor {
    const { name, datatype, shape, bytes } = this.output;
    const start = this.offset;
    this.offset += this.bytesOf(rows);
    return { name, datatype, shape: [rows, ...shape.slice(1)], bytes: bytes.subarray(start, this.offset) };
  }

  private bytesOf(rows: number): number {
    const { datatype, shape, bytes } = this.output;
    if (elementBytes(datatype) !== undefined) return (bytes.byteLength / this.rows) * rows;
    // Elements of different lengths: each says its own.
    const elements = rows * shape.slice(1).reduce((product, dimension) => product * dimension, 1);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let end = this.offset;
    for (let element = 0; element < elements; element++) end += 4 + view.getUint32(end, true);
    return end - this.offset;
  }
}

function find(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`the model did not compute output ${name}`);
  return tensor;
}
