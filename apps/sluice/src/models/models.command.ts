import { parseArgs } from 'node:util';
import { messageOf } from '@sluice/contracts';
import type { Command } from '../command.js';
import { UsageError } from '../usage-error.js';
import { modelsView, modelView, rolloutsView, rolloutView, type RolloutView } from './client/answers.js';
import { SluiceClient } from './client/sluice-client.js';
import { listText } from './list.js';
import { push } from './push/push.js';
import { rolloutBody } from './rollout-body.js';
import { titleOf } from './watch/draw-rollout.js';
import { watchRollout } from './watch/watch.js';

const USAGE = `Usage: sluice models <what>

  push <name> <file.onnx or folder> [--version N] [--config config.json] [--origin text]
  list
  rollout <name> [version] [--watch] [--canary 5] [--steps 25,50] [--golden items.json]
          [--min-samples 100] [--max-step-seconds 30] [--max-error-rate 0.01] [--max-latency-ratio 1.5]
          [--min-serving 1] [--allow-signature-change]
  watch <name>
  promote | rollback | pause | resume <name>

SLUICE_URL says where the API is, SLUICE_API_KEY who asks.
`;
const TEXT = { type: 'string' } as const;
const OPTIONS = {
  version: TEXT,
  config: TEXT,
  origin: TEXT,
  canary: TEXT,
  steps: TEXT,
  golden: TEXT,
  'min-samples': TEXT,
  'max-step-seconds': TEXT,
  'max-error-rate': TEXT,
  'max-latency-ratio': TEXT,
  'min-serving': TEXT,
  'allow-signature-change': { type: 'boolean' },
  watch: { type: 'boolean', default: false },
} as const;
const PUSH = ['version', 'config', 'origin'];
const ROLLOUT = Object.keys(OPTIONS).filter((name) => !PUSH.includes(name));
/** Which options each of them has, and how many words may follow it. */
const VERBS: Readonly<
  Record<string, { readonly options: readonly string[]; readonly words: readonly [number, number] }>
> = {
  push: { options: PUSH, words: [2, 2] },
  list: { options: [], words: [0, 0] },
  rollout: { options: ROLLOUT, words: [1, 2] },
  watch: { options: [], words: [1, 1] },
  promote: { options: [], words: [1, 1] },
  rollback: { options: [], words: [1, 1] },
  pause: { options: [], words: [1, 1] },
  resume: { options: [], words: [1, 1] },
};

export const modelsCommand: Command = {
  summary: 'push versions of models, roll them out, watch and roll back: `sluice models` says how',
  run: async (args) => {
    if (args.length === 0) {
      process.stdout.write(USAGE);
      return 2;
    }
    const { verb, words, values } = parse(args);
    const [model = '', second] = words;
    const client = SluiceClient.from(process.env);
    const out = process.stdout;
    switch (verb) {
      case 'push': {
        const { version, config, origin } = values;
        await push(client, { model, source: second ?? '', version, config, origin }, out);
        return 0;
      }
      case 'list':
        out.write(listText((await client.get('/models', modelsView)).models));
        return 0;
      case 'rollout': {
        const version = second ?? (await newestVersion(client, model));
        const rollout = await client.post(`${pathOf(model)}/rollouts`, rolloutView, rolloutBody(version, values));
        if (values.watch) return watchRollout(client, rollout, out);
        out.write(`${titleOf(rollout)}\nwatch it with:  sluice models watch ${model}\n`);
        return 0;
      }
      case 'watch':
        return watchRollout(client, await latestRollout(client, model), out);
      default: {
        const { id } = await runningRollout(client, model);
        out.write(`${titleOf(await client.post(`${pathOf(model)}/rollouts/${id}/${verb}`, rolloutView))}\n`);
        return 0;
      }
    }
  },
};

/** @throws UsageError */
function parse(args: readonly string[]) {
  const { values, positionals } = parsed(args);
  const [verb = '', ...words] = positionals;
  const known = VERBS[verb];
  if (!known) throw new UsageError(`there is no \`sluice models ${verb}\`\n\n${USAGE}`);
  const [least, most] = known.words;
  if (words.length < least || words.length > most) throw new UsageError(`\`${verb}\` is asked otherwise\n\n${USAGE}`);
  const stray = Object.keys(values).find((name) => name !== 'watch' && !known.options.includes(name));
  if (stray !== undefined) throw new UsageError(`\`${verb}\` has no --${stray}\n\n${USAGE}`);
  return { verb, words, values };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${messageOf(error)}\n\n${USAGE}`, { cause: error });
  }
}

function pathOf(model: string): string {
  return `/models/${encodeURIComponent(model)}`;
}

/** The highest that was pushed and does not serve. */
async function newestVersion(client: SluiceClient, model: string): Promise<string> {
  const { versions } = await client.get(pathOf(model), modelView);
  const newest = versions.findLast(({ state }) => state === 'stored');
  if (newest) return newest.version;
  throw new UsageError(`every version of ${model} is in service: push another one, or say which`);
}

async function latestRollout(client: SluiceClient, model: string): Promise<RolloutView> {
  const [latest] = (await client.get(`${pathOf(model)}/rollouts`, rolloutsView)).rollouts;
  if (latest) return latest;
  throw new UsageError(`there was no rollout of ${model}: begin one with  sluice models rollout ${model}`);
}

async function runningRollout(client: SluiceClient, model: string): Promise<RolloutView> {
  const latest = await latestRollout(client, model);
  if (latest.ended === undefined) return latest;
  const message = `no rollout of ${model} is under way, the last one is over (${titleOf(latest)})`;
  throw new UsageError(`${message}: to go back, roll out the version that you want`);
}
