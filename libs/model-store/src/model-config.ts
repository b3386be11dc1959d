import { DATATYPES, type Datatype, isDatatype, messageOf, type ServedModel } from '@sluice/contracts';
import { z } from 'zod';

/** What an operator says about a model; what is undefined is found out from the model itself. */
export interface ModelConfig {
  readonly platform: ServedModel['platform'];
  /** Most rows in one batch, however many the model could take; 0: each request runs alone. */
  readonly maxBatchSize?: number | undefined;
  /** Documentation, to be compared with the model's signature once that is known. */
  readonly inputs?: readonly ConfiguredTensor[] | undefined;
  readonly outputs?: readonly ConfiguredTensor[] | undefined;
  readonly dynamicBatching?: DynamicBatching | undefined;
  /** Dimensions, beside that of the batch, in which requests differ; they are padded so that they can run together. */
  readonly ragged?: readonly RaggedDimension[] | undefined;
  /** What a request with an affinity key costs less on the worker that has its state, in ms; none: keys mean nothing. */
  readonly affinity?: { readonly savesMs: number } | undefined;
  /** Memory that it takes once it is loaded; undefined: estimated from its files, and measured. */
  readonly memoryBytes?: number | undefined;
  /** The class of the share policy that its runs belong to; `inference` by default. */
  readonly shareClass?: string | undefined;
}

export interface ConfiguredTensor {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 is a variable dimension. As in Triton, without the batch dimension where maxBatchSize is greater than 0. */
  readonly dims: readonly number[];
}

export interface DynamicBatching {
  /** How long a batch may wait for more rows while the device is free; 0, the default: not at all. */
  readonly maxQueueDelayMicroseconds: number;
  /** Rows, ascending; none by default. */
  readonly preferredBatchSizes: readonly number[];
}

/** One dimension of the model that several of its tensors have in common, such as the length of a sequence. */
export interface RaggedDimension {
  /** Sizes to pad to, ascending; a request that is larger runs at its own size. */
  readonly buckets: readonly number[];
  readonly inputs: readonly RaggedInput[];
  /** Outputs from which the padding is removed. */
  readonly outputs: readonly RaggedTensor[];
}

export interface RaggedTensor {
  readonly name: string;
  /** Counted without the batch dimension, from 0, as in `dims`. */
  readonly dim: number;
}

export interface RaggedInput extends RaggedTensor {
  readonly padValue: number;
}

/** Triton's names of datatypes: the protocol's with a prefix, but for one. */
const DATATYPE_OF = new Map(
  Object.keys(DATATYPES)
    .filter(isDatatype)
    .map((name) => [name === 'BYTES' ? 'TYPE_STRING' : `TYPE_${name}`, name]),
);

const datatype = z.string().transform((name, context): Datatype => {
  const known = DATATYPE_OF.get(name);
  if (known !== undefined) return known;
  context.addIssue(`unknown data_type "${name}", expected one of ${[...DATATYPE_OF.keys()].join(', ')}`);
  return z.NEVER;
});

const tensor = z
  .strictObject({
    name: z.string().min(1),
    data_type: datatype,
    dims: z.array(z.int().refine((dim) => dim === -1 || dim > 0, 'a dim is positive, or -1 where it varies')),
  })
  .transform(({ name, data_type, dims }): ConfiguredTensor => ({ name, datatype: data_type, dims }));

const dynamicBatching = z
  .strictObject({
    max_queue_delay_microseconds: z.int().nonnegative().default(0),
    preferred_batch_size: z.array(z.int().positive()).default([]),
  })
  .transform((fields): DynamicBatching => ({
    maxQueueDelayMicroseconds: fields.max_queue_delay_microseconds,
    preferredBatchSizes: fields.preferred_batch_size.toSorted((a, b) => a - b),
  }));

const raggedTensor = { name: z.string().min(1), dim: z.int().nonnegative() };
const ragged = z
  .strictObject({
    buckets: z.array(z.int().positive()).min(1),
    inputs: z
      .array(
        z
          .strictObject({ ...raggedTensor, pad_value: z.number().default(0) })
          .transform(({ name, dim, pad_value }): RaggedInput => ({ name, dim, padValue: pad_value })),
      )
      .min(1),
    outputs: z.array(z.strictObject(raggedTensor)).default([]),
  })
  .transform(({ buckets, ...tensors }): RaggedDimension => ({
    ...tensors,
    buckets: buckets.toSorted((a, b) => a - b),
  }));

/** `config.json`: the fields of Triton's model configuration that Sluice acts on, and no others. */
const configFile = z
  .strictObject({
    name: z.string().optional(),
    platform: z.enum(['onnxruntime_onnx', 'scripted']).default('onnxruntime_onnx'),
    max_batch_size: z.int().nonnegative().optional(),
    input: z.array(tensor).optional(),
    output: z.array(tensor).optional(),
    dynamic_batching: dynamicBatching.optional(),
    ragged_batching: z.array(ragged).optional(),
    affinity: z
      .strictObject({ saves_ms: z.number().nonnegative() })
      .transform(({ saves_ms }) => ({ savesMs: saves_ms }))
      .optional(),
    memory_bytes: z.int().positive().optional(),
    share_class: z.string().min(1).optional(),
  })
  .superRefine(({ max_batch_size: most, dynamic_batching: batching }, context) => {
    const largest = batching?.preferredBatchSizes.at(-1);
    if (most !== undefined && largest !== undefined && largest > most)
      context.addIssue(`a preferred_batch_size of ${largest} is greater than max_batch_size, ${most}`);
  });

/** The configuration of a model that has no `config.json`. */
export const DEFAULT_MODEL_CONFIG: ModelConfig = { platform: 'onnxruntime_onnx' };

/**
 * Compiles the text of `<model>/config.json`.
 * @throws Error that names the key at fault and says what it expects
 */
export function parseModelConfig(text: string, model: string): ModelConfig {
  const { success, data, error } = configFile.safeParse(parseJson(text));
  if (!success) throw new Error(error.issues.map(describeIssue).join('; '));
  if (data.name !== undefined && data.name !== model)
    throw new Error(`name is "${data.name}", but the folder is "${model}": make them equal, or leave name out`);
  return {
    platform: data.platform,
    maxBatchSize: data.max_batch_size,
    inputs: data.input,
    outputs: data.output,
    dynamicBatching: data.dynamic_batching,
    ragged: data.ragged_batching,
    affinity: data.affinity,
    memoryBytes: data.memory_bytes,
    shareClass: data.share_class,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => `"${at === '' ? key : `${at}.${key}`}"`);
    return `unknown ${keys.length === 1 ? 'key' : 'keys'} ${keys.join(', ')}: remove or correct`;
  }
  return at === '' ? issue.message : `${at}: ${issue.message}`;
}
