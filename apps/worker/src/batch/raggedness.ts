import {
  elementBytes,
  SluiceError,
  type Datatype,
  type InferenceResult,
  type ModelSignature,
  type Tensor,
  type TensorSpec,
} from '@sluice/contracts';
import type { RaggedDimension } from '@sluice/model-store';
import { bucketOf } from '@sluice/scheduling';
import { cropAxis, padAxis } from './pad-axis.js';

/** A request's inputs as they run, and the way back. */
export interface FittedInputs {
  /** Of its ragged dimensions, e.g. `32` or `32x64`; '' when the model has none. */
  readonly bucket: string;
  readonly inputs: readonly Tensor[];
  /** Removes the padding from what came out. */
  crop(result: InferenceResult): InferenceResult;
}

interface Axis {
  readonly name: string;
  readonly axis: number;
}

interface Dimension {
  readonly buckets: readonly number[];
  readonly inputs: readonly (Axis & { readonly element: Uint8Array })[];
  readonly outputs: readonly Axis[];
}

/** The bucket of what fits in none, and of requests whose inputs disagree about a size. */
const NO_BUCKET = 'other';

/** The ragged dimensions of a model: requests that differ in them are padded to buckets, so that they can run together. */
export class Raggedness {
  private readonly dimensions: readonly Dimension[];

  /** @throws SluiceError model_unavailable, naming what to change in config.json */
  constructor(configured: readonly RaggedDimension[], signature: ModelSignature) {
    this.dimensions = configured.map(({ buckets, inputs, outputs }) => ({
      buckets,
      inputs: inputs.map((input) => {
        const spec = specOf('input', input, signature.inputs);
        return { name: input.name, axis: input.dim + 1, element: elementOf(spec, input.padValue) };
      }),
      outputs: outputs.map((output) => {
        specOf('output', output, signature.outputs);
        return { name: output.name, axis: output.dim + 1 };
      }),
    }));
  }

  /** Sizes to measure a model at, by bucket: the first buckets of all dimensions together, the second, and so on. */
  buckets(): ReadonlyMap<string, readonly TensorSize[]> {
    const most = Math.max(0, ...this.dimensions.map(({ buckets }) => buckets.length));
    if (most === 0) return new Map([['', []]]);
    return new Map(
      Array.from({ length: most }, (_, index) => {
        const sizes = this.dimensions.map(({ buckets }) => buckets[Math.min(index, buckets.length - 1)] ?? 1);
        const tensors = this.dimensions.flatMap(({ inputs }, dimension) =>
          inputs.map(({ name, axis }) => ({ name, axis, size: sizes[dimension] ?? 1 })),
        );
        return [sizes.join('x'), tensors];
      }),
    );
  }

  fit(inputs: readonly Tensor[]): FittedInputs {
    if (this.dimensions.length === 0) return { bucket: '', inputs, crop: (result) => result };
    let fitted = inputs;
    const buckets: (number | string)[] = [];
    const crops: (Axis & { readonly size: number; readonly from: number })[] = [];
    for (const dimension of this.dimensions) {
      const size = commonSize(dimension, inputs);
      const bucket = size === undefined ? undefined : bucketOf(size, dimension.buckets);
      buckets.push(bucket ?? NO_BUCKET);
      if (size === undefined || bucket === undefined || bucket === size) continue;
      fitted = fitted.map((tensor) => pad(tensor, dimension, bucket));
      crops.push(...dimension.outputs.map((output) => ({ ...output, size, from: bucket })));
    }
    const crop = ({ outputs }: InferenceResult): InferenceResult => ({
      outputs: outputs.map((tensor) => {
        const mine = crops.filter(({ name, axis, from }) => name === tensor.name && tensor.shape[axis] === from);
        return mine.reduce((cropped, { axis, size }) => cropAxis(cropped, axis, size), tensor);
      }),
    });
    return { bucket: buckets.join('x'), inputs: fitted, crop };
  }
}

/** A size that an input has along an axis. */
export interface TensorSize extends Axis {
  readonly size: number;
}

function pad(tensor: Tensor, { inputs }: Dimension, size: number): Tensor {
  const ragged = inputs.find(({ name }) => name === tensor.name);
  return ragged ? padAxis(tensor, ragged.axis, size, ragged.element) : tensor;
}

/** Undefined when the inputs disagree: the model is to say what it thinks of that. */
function commonSize({ inputs }: Dimension, tensors: readonly Tensor[]): number | undefined {
  const sizes = new Set(inputs.map(({ name, axis }) => tensors.find((tensor) => tensor.name === name)?.shape[axis]));
  const [size] = sizes;
  return sizes.size === 1 ? size : undefined;
}

function specOf(kind: string, { name, dim }: { name: string; dim: number }, specs: readonly TensorSpec[]): TensorSpec {
  const spec = specs.find((each) => each.name === name);
  const names = specs.map((each) => each.name).join(', ');
  if (!spec) throw wrong(`there is no ${kind} ${name}, the model has ${names}`);
  if (spec.shape[0] !== -1 || spec.shape[dim + 1] !== -1)
    throw wrong(`dim ${dim} of ${kind} ${name} is not variable, its shape is [${spec.shape.join()}], batch first`);
  if (elementBytes(spec.datatype) === undefined)
    throw wrong(`${kind} ${name} is ${spec.datatype}, which is not padded`);
  return spec;
}

function elementOf({ name, datatype }: TensorSpec, value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(elementBytes(datatype) ?? 0));
  const write = WRITERS[datatype];
  if (write) write(view, value);
  else if (value !== 0) throw wrong(`input ${name} is ${datatype}, it can be padded with 0 only`);
  return new Uint8Array(view.buffer);
}

const WRITERS: Partial<Record<Datatype, (view: DataView, value: number) => void>> = {
  BOOL: (view, value) => view.setUint8(0, value),
  UINT8: (view, value) => view.setUint8(0, value),
  UINT16: (view, value) => view.setUint16(0, value, true),
  UINT32: (view, value) => view.setUint32(0, value, true),
  UINT64: (view, value) => view.setBigUint64(0, BigInt(value), true),
  INT8: (view, value) => view.setInt8(0, value),
  INT16: (view, value) => view.setInt16(0, value, true),
  INT32: (view, value) => view.setInt32(0, value, true),
  INT64: (view, value) => view.setBigInt64(0, BigInt(value), true),
  FP32: (view, value) => view.setFloat32(0, value, true),
  FP64: (view, value) => view.setFloat64(0, value, true),
};

function wrong(problem: string): SluiceError {
  return new SluiceError('model_unavailable', `ragged_batching in config.json: ${problem}`);
}
