import { gzipSync } from 'node:zlib';
import { SluiceError } from '@sluice/contracts';
import * as fc from 'fast-check';
import { decodeBody } from '../../apps/api/src/inference/content-encoding.js';
import { parseInferBody } from '../../apps/api/src/inference/protocol/infer-body.js';
import { ApiCluster } from '../system/api/fixtures/api-cluster.js';
import { exchange, type Exchange } from './exchange.js';
import { FUZZED_MODELS, targetOf } from './fuzzed-models.js';
import { assertAnswer, assertWhole } from './invariants.js';
import { frame, readCorpus, type Message } from './message.js';
import { lengthChanges, mutations } from './mutations.js';
import { Tally } from './tally.js';

/** For the whole file; a long run says more: SLUICE_FUZZ_SECONDS=600 npx vitest run test/fuzz */
const SECONDS = Number(process.env['SLUICE_FUZZ_SECONDS'] ?? 16);
const TIMEOUT_MS = SECONDS * 1000 + 60_000;
const LIMITS = { maxElements: 200, maxInputs: 3, maxJsonDepth: 8 };
const MAX_BODY_BYTES = 4_000;
const JSON_LENGTH = 'inference-header-content-length';
const ENCODING = 'content-encoding';

const CORPUS = readCorpus();
/** Whose body is what the parser gets. */
const PLAIN = CORPUS.filter(({ headers }) => !headers[ENCODING] && !headers['transfer-encoding']);
const FRAMED = CORPUS.filter(({ headers }) => !headers['transfer-encoding']);
const isValid = ({ file }: Message) => file.startsWith('valid-');

/** Time is the limit, not the number of runs. fast-check prints the seed of what fails, and the way to it. */
const during = (share: number) => ({
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: SECONDS * share * 1000,
});

describe('the parser', () => {
  it.each(PLAIN)('takes what is valid, and nothing else: $file', (message) => {
    expect(outcomeOf(() => parse(message))).toBe(isValid(message) ? 'accepted' : 'invalid_request');
  });

  it(
    'makes a whole request of whatever it is sent, or refuses it as invalid',
    () => {
      const tally = new Tally('bodies');
      fc.assert(
        fc.property(fc.constantFrom(...PLAIN), mutations, lengthChanges, (message, mutate, changeLength) => {
          const length = changeLength(message.headers[JSON_LENGTH]);
          const outcome = outcomeOf(() => parse({ ...message, body: mutate(message.body) }, length));
          tally.add(outcome);
          expect(['accepted', 'invalid_request']).toContain(outcome);
        }),
        during(0.4),
      );
      tally.tell();
      expect(tally.outcomes).toEqual(['accepted', 'invalid_request']);
    },
    TIMEOUT_MS,
  );

  it(
    'never decompresses to more than it may, whatever the stream',
    async () => {
      const tally = new Tally('streams');
      const streams = fc.constantFrom(gzipSync('a'.repeat(5_000)), gzipSync('a'.repeat(2_000)), gzipSync(''));
      await fc.assert(
        fc.asyncProperty(streams, mutations, async (stream, mutate) => {
          const outcome = await decodeBody(mutate(stream), 'gzip', MAX_BODY_BYTES).then(
            ({ byteLength }) => (byteLength <= MAX_BODY_BYTES ? 'accepted' : 'too long'),
            codeOf,
          );
          tally.add(outcome);
          expect(['accepted', 'invalid_request', 'payload_too_large']).toContain(outcome);
        }),
        during(0.1),
      );
      tally.tell();
      expect(tally.outcomes).toEqual(['accepted', 'invalid_request', 'payload_too_large']);
    },
    TIMEOUT_MS,
  );
});

describe('the server', () => {
  let cluster: ApiCluster;
  let port: number;
  beforeAll(async () => {
    cluster = await ApiCluster.start({
      models: FUZZED_MODELS,
      environment: {
        SLUICE_MAX_BODY_BYTES: String(MAX_BODY_BYTES),
        SLUICE_MAX_ELEMENTS: String(LIMITS.maxElements),
        SLUICE_MAX_INPUTS: String(LIMITS.maxInputs),
        SLUICE_MAX_JSON_DEPTH: String(LIMITS.maxJsonDepth),
        SLUICE_REQUEST_TIMEOUT_MS: '5000',
      },
    });
    port = Number(new URL(cluster.api.url).port);
  });
  afterEach(async () => {
    // Whatever was sent: nobody has died of it, and no job has failed of it.
    const processes = [...cluster.processes.apis, ...cluster.processes.workers];
    const ends = processes.map(({ exited }) => Promise.race([exited, Promise.resolve('alive')]));
    expect(new Set(await Promise.all(ends))).toEqual(new Set(['alive']));
    for (const { name, counts } of await cluster.board.queues())
      expect({ name, failed: counts['failed'] }).toEqual({ name, failed: 0 });
  });
  afterAll(() => cluster?.stop());

  const send = async (message: Message): Promise<Exchange> =>
    exchange(port, frame(message.model, message.headers, message.body), false);

  it.each(FRAMED)('answers 200 to what is valid, and to all else an error of the client: $file', async (message) => {
    const answer = await send(message);
    assertAnswer(answer);
    expect(answer.status === 200).toBe(isValid(message));
  });

  it(
    'answers whatever body and headers come in a whole HTTP request',
    async () => {
      const tally = new Tally('whole requests');
      const encodings = fc.constantFrom<string | undefined>(undefined, undefined, undefined, 'gzip', 'deflate', 'br');
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...CORPUS),
          mutations,
          lengthChanges,
          encodings,
          async (message, mutate, changeLength, encoding) => {
            const headers = {
              [ENCODING]: encoding ?? message.headers[ENCODING],
              [JSON_LENGTH]: changeLength(message.headers[JSON_LENGTH]),
            };
            const answer = await send({ ...message, headers, body: mutate(message.body) });
            assertAnswer(answer);
            tally.add(describeAnswer(answer));
            expect(answer.status).toBeDefined();
          },
        ),
        during(0.3),
      );
      tally.tell();
      expect(tally.outcomes).toEqual(expect.arrayContaining(['200', '400 invalid_request']));
    },
    TIMEOUT_MS,
  );

  it(
    'ends whatever comes over the socket, and serves the next one',
    async () => {
      const tally = new Tally('torn requests');
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...CORPUS), mutations, async ({ bytes }, mutate) => {
          const answer = await exchange(port, mutate(bytes), true);
          assertAnswer(answer);
          tally.add(describeAnswer(answer));
        }),
        during(0.2),
      );
      tally.tell();
      for (const message of FRAMED.filter(isValid)) expect(await send(message)).toMatchObject({ status: 200 });
    },
    TIMEOUT_MS,
  );
});

function parse({ model, headers, body }: Message, jsonLength = headers[JSON_LENGTH]): void {
  const target = targetOf(model);
  assertWhole(parseInferBody(body, jsonLength, target, LIMITS), target);
}

function describeAnswer({ status, errorCode }: Exchange): string {
  return status === undefined ? 'ended' : [status, errorCode].join(' ').trim();
}

function outcomeOf(run: () => void): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    return codeOf(error);
  }
}

/** Whatever is no SluiceError is thrown on, and fails the test. */
function codeOf(error: unknown): string {
  if (error instanceof SluiceError) return error.code;
  throw error;
}
