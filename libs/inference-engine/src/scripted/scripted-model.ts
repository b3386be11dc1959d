import { z } from 'zod';
import { isDatatype, type Datatype, type TensorSpec } from '@sluice/contracts';

const tensorSpec = z.object({
  name: z.string().min(1),
  datatype: z.custom<Datatype>((value) => typeof value === 'string' && isDatatype(value), 'is no datatype'),
  shape: z.array(z.number().int().min(-1)),
});

const scriptedModel = z
  .strictObject({
    inputs: z.array(tensorSpec).min(1),
    outputs: z.array(tensorSpec).min(1),
    /** A run of n rows takes fixedMs + perRowMs * n. */
    fixedMs: z.number().nonnegative(),
    perRowMs: z.number().nonnegative(),
    /** Loading it takes this long; no time by default. */
    loadMs: z.number().nonnegative().default(0),
    /** While it loads no run of any model starts, as where one thread or one stream does all that the device does. */
    loadHoldsDevice: z.boolean().default(false),
    /** Loading it kills the process: a file that the runtime does not survive. */
    loadCrashes: z.boolean().default(false),
    /** Memory that it takes while it is loaded, every page of it written to; none by default. */
    memoryBytes: z.number().int().nonnegative().default(0),
    /**
     * A device whose state is worth something: a row's key is the first value of its first input, and a run takes this
     * much more for each distinct key in it that the device does not hold.
     */
    missMs: z.number().nonnegative().optional(),
    /** How many keys it holds, those used last. */
    holdsKeys: z.number().int().nonnegative().optional(),
    /** Name of an output that tells what was missed, whatever is computed: 1 in the row that brought a key in, else 0. */
    missOutput: z.string().optional(),
    /**
     * `sum`: every element of an output's row is the sum of all values in that row of all inputs. `echo`: output i is
     * input i. Either way an answer shows which request it belongs to.
     */
    compute: z.enum(['sum', 'echo']).default('sum'),
    /** A sum is one too high in a row whose first input starts with a multiple of this: a version that is worse. */
    wrongEvery: z.number().int().positive().optional(),
    /** A run fails in which a row of the first input starts with this value: a poisoned request. */
    failRowsWithValue: z.number().optional(),
    /** A run takes stallMs longer in which a row of the first input starts with this value: native code that hangs. */
    stallOnValue: z.number().optional(),
    stallMs: z.number().nonnegative().default(0),
    /** A run kills the process in which a row of the first input starts with this value: a crash of the runtime. */
    crashOnValue: z.number().optional(),
  })
  .superRefine((model, context) => {
    const { compute, inputs, outputs, missOutput, wrongEvery } = model;
    const computed = outputs.filter(({ name }) => name !== missOutput);
    const problem =
      missProblem(model) ??
      wrongProblem(wrongEvery, compute) ??
      (compute === 'echo' ? echoProblem(inputs, computed) : sumProblem(inputs, computed));
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });

/** A device's model of known cost and known answers, as its file describes it in JSON. */
export type ScriptedModel = z.output<typeof scriptedModel>;
/** What has to be written into such a file. */
export type ScriptedModelFile = z.input<typeof scriptedModel>;

/** @throws Error when the text is not JSON; ZodError when it is not a scripted model, or one that cannot be computed */
export function parseScriptedModel(text: string): ScriptedModel {
  return scriptedModel.parse(JSON.parse(text));
}

interface MissFields {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly missMs?: number | undefined;
  readonly holdsKeys?: number | undefined;
  readonly missOutput?: string | undefined;
}

function missProblem({ inputs, outputs, missMs, holdsKeys, missOutput }: MissFields): string | undefined {
  if ((missMs === undefined) !== (holdsKeys === undefined)) return 'missMs and holdsKeys belong together: name both';
  if (missMs !== undefined && inputs[0]?.datatype === 'BYTES') return `a key is a number, ${inputs[0].name} is BYTES`;
  if (missOutput === undefined) return undefined;
  if (missMs === undefined) return 'missOutput tells of misses: name missMs and holdsKeys as well';
  const output = outputs.findIndex(({ name }) => name === missOutput);
  if (output < 0) return `missOutput names ${missOutput}, which is no output`;
  // Those before it are computed from the inputs in their places.
  if (output !== outputs.length - 1) return `missOutput names ${missOutput}, which has to be the last output`;
  return sumProblem([], outputs.slice(output));
}

function wrongProblem(wrongEvery: number | undefined, compute: 'sum' | 'echo'): string | undefined {
  return wrongEvery !== undefined && compute === 'echo' ? 'wrongEvery makes sums wrong: use compute: "sum"' : undefined;
}

function echoProblem(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): string | undefined {
  const wrong = outputs.find((output, index) => {
    const input = inputs[index];
    return input?.datatype !== output.datatype || input.shape.join() !== output.shape.join();
  });
  return wrong && `output ${wrong.name} cannot echo: the input in its place has another datatype or shape`;
}

function sumProblem(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): string | undefined {
  const notNumeric = [...inputs, ...outputs].find(({ datatype }) => ['BYTES', 'FP16', 'BF16'].includes(datatype));
  if (notNumeric) return `${notNumeric.name} is ${notNumeric.datatype}, which is not summed: use compute: "echo"`;
  const open = outputs.find(({ shape }) => shape.slice(1).includes(-1));
  return open && `output ${open.name} has a variable dimension after the first: its size would be unknown`;
}
