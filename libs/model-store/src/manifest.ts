import { createHash } from 'node:crypto';
import {
  isDatatype,
  messageOf,
  MODEL_NAME,
  SluiceError,
  type Datatype,
  type ModelRef,
  type ModelSignature,
} from '@sluice/contracts';
import { z } from 'zod';
import { faultBetweenFilePaths, faultOfFilePath } from './file-path.js';
import { parseModelConfig, type ModelConfig } from './model-config.js';
import { MODEL_FILE, VERSION } from './repository-layout.js';

/** What a model version is. It never changes. */
export interface ModelManifest extends ManifestContent {
  /** sha256 of what the version is: of all fields but `origin` and `createdAt`. */
  readonly digest: string;
}

export interface ManifestContent extends ModelRef {
  /** Ordered by path. */
  readonly files: readonly ManifestFile[];
  /** As declared when it was pushed; undefined: what the model itself says. */
  readonly signature?: ModelSignature | undefined;
  /** The text of `config.json`, as an object; `configOf` compiles it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where it comes from and who pushed it, in words. */
  readonly origin: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface ManifestFile {
  /** Relative, with slashes; `model.onnx`, or what its data files are called. */
  readonly path: string;
  /** sha256, 64 hexadecimal digits in lower case. */
  readonly digest: string;
  readonly bytes: number;
}

/** sha256 in the one spelling that is used in names. */
export const DIGEST = /^[0-9a-f]{64}$/;

/** A model whose weights were exported one file each has hundreds. */
const MAX_FILES = 4_096;
const MAX_ORIGIN_LENGTH = 1_000;

const path = z.string().superRefine((text, context) => {
  const fault = faultOfFilePath(text);
  if (fault !== undefined) context.addIssue(`the path ${fault}`);
});
const file = z.object({
  path,
  digest: z.string().regex(DIGEST, 'expected sha256 as 64 hexadecimal digits in lower case'),
  bytes: z.int().nonnegative(),
});
const tensor = z.object({
  name: z.string().min(1),
  datatype: z.custom<Datatype>((name) => typeof name === 'string' && isDatatype(name), 'unknown datatype'),
  shape: z.array(z.int().min(-1)),
});
const manifest = z
  .object({
    model: z.string().regex(MODEL_NAME, `the name of a model matches ${MODEL_NAME}`),
    version: z.string().max(18).regex(VERSION, 'a version is a positive integer without leading zeros'),
    files: z.array(file).min(1).max(MAX_FILES),
    signature: z.object({ inputs: z.array(tensor), outputs: z.array(tensor) }).optional(),
    config: z.record(z.string(), z.unknown()),
    origin: z.string().max(MAX_ORIGIN_LENGTH),
    createdAt: z.number().nonnegative(),
  })
  .superRefine(({ model, files, config }, context) => {
    const paths = files.map((each) => each.path);
    const between = faultBetweenFilePaths(paths);
    if (between !== undefined) context.addIssue(`files: ${between}`);
    try {
      const expected = MODEL_FILE[parseModelConfig(JSON.stringify(config), model).platform];
      if (!paths.includes(expected)) context.addIssue(`files: ${expected} is missing, it is what the platform loads`);
    } catch (error) {
      context.addIssue(`config: ${messageOf(error)}`);
    }
  });

/**
 * Checks what a client says that a version is.
 * @throws SluiceError invalid_request that names the fields at fault
 */
export function compileManifest(content: unknown): ModelManifest {
  const { success, data, error } = manifest.safeParse(content);
  if (!success) {
    const faults = error.issues.map(({ path: at, message }) =>
      at.length === 0 ? message : `${at.join('.')}: ${message}`,
    );
    throw new SluiceError('invalid_request', `the manifest is not valid: ${faults.join('; ')}`);
  }
  const files = data.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const { origin, createdAt, ...identity } = { ...data, files };
  const digest = createHash('sha256').update(canonicalJson(identity)).digest('hex');
  return { ...identity, origin, createdAt, digest };
}

/**
 * Reads a manifest that was stored.
 * @throws Error when it is not what `compileManifest` had made: it is damaged, or somebody wrote to it
 */
export function parseManifest(text: string): ModelManifest {
  const stored = z.object({ digest: z.string() }).loose().parse(JSON.parse(text));
  const compiled = compileManifest(stored);
  if (compiled.digest === stored.digest) return compiled;
  throw new Error(`version ${compiled.version} of ${compiled.model} is not what was put: push it as another version`);
}

/** What the version's `config.json` says. */
export function configOf({ model, config }: ModelManifest): ModelConfig {
  return parseModelConfig(JSON.stringify(config), model);
}

/** One text for equal values: keys in the order of their code units, and nothing that JSON has no word for. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, nested: unknown) =>
    typeof nested === 'object' && nested !== null && !Array.isArray(nested)
      ? Object.fromEntries(Object.entries(nested).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : nested,
  );
}
