import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { longestMs, wrong } from '../system/fixtures/load.js';
import { ReplyWitness } from '../system/fixtures/reply-witness.js';
import { AffineModels } from '../system/fixtures/affine-models.js';
import { ComposeCluster } from './fixtures/compose-cluster.js';
import { findDockerEngine } from './fixtures/docker-engine.js';
import { hostOf, JobLedger } from './fixtures/job-ledger.js';
import { OwnWork } from './fixtures/own-work.js';
import { SteadyLoad, type SteadyAnswer } from '../system/fixtures/steady-load.js';

/** More than two workers can hold, a batch of 8 that runs and one that is formed: the third has work too. */
const CLIENTS = 64;
/** A lease or a presence of 3 s, a sweep every second, and one for the work itself on a busy machine. */
const RECOVERY_MS = 5_000;
/** What other work on the machine may add; the measured times are printed. */
const SLACK_MS = 3_000;
const CUT_MS = 15_000;
/** Work that belongs to one worker, and that nobody steals: it would cost more than it waits. */
const OWNED = { model: 'owned', runMs: 300, batch: 4, jobs: 80, savesMs: 60_000 };
/** From an operator's word until the others have what was not started. */
const HAND_OFF_MS = 1_000;

/** A model that gets a second version. */
const RENEWED = 'renewed';
const ROLLOUT_MS = 60_000;

const CASES = ['spread', 'crashed', 'cut', 'paused', 'stored', 'rolled'] as const;
type Case = (typeof CASES)[number];

const engine = findDockerEngine();
if (engine.missing !== undefined) console.log(`skipped: the tests with docker compose: ${engine.missing}`);

describe.skipIf(engine.missing !== undefined)('docker compose', () => {
  const models = new AffineModels();
  // A model for each case, so that its jobs can be counted.
  for (const name of CASES) models.add(name, { fixedMs: 100 });
  models.add(RENEWED, { fixedMs: 20 });
  models.addAffine(OWNED.model, { fixedMs: OWNED.runMs }, OWNED.batch, OWNED.savesMs);
  // The containers run as another user.
  chmodSync(models.folder, 0o755);
  let cluster: ComposeCluster;
  let workers: string[];
  let redisUrl: string;

  beforeAll(async () => {
    const { partition } = engine;
    const startedAt = performance.now();
    cluster = await ComposeCluster.up({ models: models.folder, workers: 3, apis: 2, partition });
    console.log(`built and up after ${Math.round((performance.now() - startedAt) / 1000)} s`);
    workers = await cluster.containers('worker');
    redisUrl = await cluster.redisUrl();
  });
  afterAll(async () => {
    await cluster?.down();
    models.remove();
  });

  /** A load on the model of a case while `happens` happens; every request must be answered once, and right. */
  async function underLoad(name: Case, happens: (load: SteadyLoad, ledger: JobLedger) => Promise<void>) {
    const ledger = new JobLedger(redisUrl, name);
    const witness = await ReplyWitness.of(redisUrl);
    const load = new SteadyLoad(() => cluster.url, name, CLIENTS);
    let answers: readonly SteadyAnswer[] = [];
    try {
      await load.answered(CLIENTS * 4);
      await happens(load, ledger);
      await load.answered(CLIENTS * 4);
    } finally {
      answers = await load.stop();
      witness.close();
      tell(name, answers);
    }
    expect(wrong(answers)).toEqual([]);
    // No job without an answer: not even of a request that was refused and sent again.
    expect(await ledger.counts()).toEqual({ completed: answers.length, failed: 0, unfinished: 0 });
    expect(witness.contradicted()).toEqual([]);
    await ledger.close();
  }

  /** Does something to a worker while it holds jobs. @returns the worker and its jobs */
  async function strike(ledger: JobLedger, deed: (worker: string) => Promise<void>, undo: typeof deed) {
    for (;;) {
      for (const worker of workers) {
        await deed(worker);
        const held = await ledger.heldIn(worker);
        if (held.length > 0) return { worker, held };
        await undo(worker);
      }
    }
  }

  it('spreads the requests over every worker and every API', async () => {
    await underLoad('spread', async (load, ledger) => {
      await load.answered(300);
      expect([...(await ledger.byContainer()).keys()].toSorted()).toEqual(workers.map(hostOf).toSorted());
      expect((await ledger.byApi()).size).toBe(2);
    });
  });

  it('takes a version through the balancer into the volume, and into service on every worker', async () => {
    const load = new SteadyLoad(() => cluster.url, RENEWED, 8);
    await load.answered(50);
    const file = readFileSync(join(models.folder, RENEWED, '1', 'model.json'));
    const form = new FormData();
    form.set('model.json', new Blob([file]), 'model.json');
    form.set('config', '{"platform":"scripted"}');
    const send = async (path: string, body: FormData | string): Promise<{ id: string; version: string }> => {
      const response = await fetch(`${cluster.url}/models/${RENEWED}/${path}`, { method: 'POST', body });
      expect([response.status, response.ok || (await response.text())]).toEqual([201, true]);
      return (await response.json()) as { id: string; version: string };
    };
    const { version } = await send('versions', form);
    const strategy = { canaryPercent: 20, steps: [], minSamples: 50, maxStepSeconds: 5 };
    const { id } = await send('rollouts', JSON.stringify({ version, strategy }));
    await vi.waitUntil(
      async () => {
        const { phase, fault } = await (await fetch(`${cluster.url}/models/${RENEWED}/rollouts/${id}`)).json();
        if (phase === 'rolled-back') throw new Error(JSON.stringify(fault));
        return phase === 'promoted';
      },
      { timeout: ROLLOUT_MS, interval: 200 },
    );
    await load.answered(50);
    expect(wrong(await load.stop())).toEqual([]);
    const { live, versions } = await (await fetch(`${cluster.url}/models/${RENEWED}`)).json();
    expect({ live, versions }).toMatchObject({ live: '2', versions: [{ version: '1' }, { readyOn: workers.length }] });
  }, 120_000);

  it('survives a worker that crashes, and starts it again', async () => {
    await underLoad('crashed', async (_load, ledger) => {
      const [victim] = workers;
      await cluster.crash(victim!);
      const crashedAt = Date.now();
      const held = await ledger.heldIn(victim!);
      await untilEnded(ledger, held);
      console.log(
        `crashed: it held ${held.length} jobs, and works again after ${seconds(await worksAgain(ledger, victim!, crashedAt))}`,
      );
      expect(await cluster.restarts(victim!)).toBe(1);
    });
  });

  it.skipIf(engine.partition === undefined)(
    'survives a worker that is cut off, and has it back when the network heals',
    async () => {
      await underLoad('cut', async (_load, ledger) => {
        const { worker: lost, held } = await strike(
          ledger,
          (worker) => cluster.cut(worker),
          (worker) => cluster.heal(worker),
        );
        const healed = delay(CUT_MS);
        await untilEnded(ledger, held);
        const { healthy, said } = await cluster.health(lost, 'worker-health.mjs');
        expect({ healthy, said }).toMatchObject({ healthy: false, said: expect.stringContaining('not healthy') });
        await healed;
        await cluster.heal(lost);
        const healedAt = Date.now();
        const ms = await worksAgain(ledger, lost, healedAt);
        console.log(`cut: works again ${seconds(ms)} after the network healed`);
        expect(ms).toBeLessThan(RECOVERY_MS + SLACK_MS);
      });
    },
  );

  it('survives a worker that stands still for longer than its lease', async () => {
    await underLoad('paused', async (_load, ledger) => {
      const { worker: still, held } = await strike(
        ledger,
        (worker) => cluster.pause(worker),
        (worker) => cluster.unpause(worker),
      );
      await untilEnded(ledger, held);
      await cluster.unpause(still);
      const ms = await worksAgain(ledger, still, Date.now());
      console.log(`paused: works again after ${seconds(ms)}`);
      expect(ms).toBeLessThan(RECOVERY_MS + SLACK_MS);
    });
  });

  it('leaves the work of a worker to the others that an operator pauses, and gives it work again', async () => {
    const { model, runMs, batch, jobs } = OWNED;
    const work = await OwnWork.put(cluster.url, model, jobs);
    const pausedAt = Date.now();
    await work.set('pause');
    const ended = await work.ended();
    expect(ended.map(({ state, result }) => [state, result?.outputs[0]?.data[0]])).toEqual(
      ended.map((_, index) => ['completed', index + 7]),
    );
    expect(await work.handOff()).toEqual(['paused']);
    const byOthers = ended.filter(({ worker }) => worker !== work.owner);
    const late = ended.filter(
      ({ worker, started }) => worker === work.owner && Date.parse(started) > pausedAt + HAND_OFF_MS,
    );
    const tookMs = Math.max(...ended.map(({ finished }) => Date.parse(finished))) - pausedAt;
    console.log(`left: ${byOthers.length} of ${jobs} ended by others, ${seconds(tookMs)} after its worker was paused`);
    expect(late).toEqual([]);
    expect(byOthers.length).toBeGreaterThan(jobs / 2);
    // All of it by the two others.
    expect(tookMs).toBeLessThan(HAND_OFF_MS + (jobs / batch / 2) * runMs + SLACK_MS);
    await work.set('resume');
    await vi.waitFor(async () => expect(await work.handOff()).toEqual([]), { timeout: 10_000, interval: 50 });
    const again = await OwnWork.put(cluster.url, model, 1);
    expect((await again.ended()).map(({ worker }) => worker)).toEqual([work.owner]);
  });

  it('survives a crash of Redis with everything that it had accepted', async () => {
    const [redis] = await cluster.containers('redis');
    await underLoad('stored', async () => {
      await cluster.crash(redis!);
      await vi.waitUntil(async () => (await cluster.restarts(redis!)) === 1, { timeout: 15_000, interval: 50 });
    });
    expect(await cluster.redisUrl()).toBe(redisUrl);
  });

  it('is updated one container after the other, and nobody notices', async () => {
    await underLoad('rolled', async (load, ledger) => {
      for (const worker of workers) {
        expect(await cluster.restart(worker)).toBe(0);
        await worksAgain(ledger, worker, Date.now());
        expect(await cluster.log(worker)).toContain('"held":0,"msg":"worker_drained"');
      }
      for (const api of await cluster.containers('api')) {
        expect(await cluster.restart(api)).toBe(0);
        const address = await cluster.addressOf(api);
        await vi.waitFor(() => fetch(`http://${address}:3000/v2/health/live`), { timeout: 30_000, interval: 100 });
        await load.answered(CLIENTS);
      }
    });
  });

  it('is not opened to others without keys', async () => {
    const open = ['-f', 'docker-compose.yml', '-f', 'deploy/compose/public.yml', 'config'];
    expect(await cluster.refusal(open, { SLUICE_API_KEYS: '' })).toContain('set who may come in');
    const started = ['run', '--rm', '-T', '--no-deps', '-e', 'SLUICE_PUBLISHED_HOST=0.0.0.0', 'api'];
    expect(await cluster.refusal(started)).toContain('SLUICE_PUBLISHED_HOST is 0.0.0.0, which others can reach');
  });

  it('ends in order when it is told to', async () => {
    expect(await cluster.stop()).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });
});

function tell(name: string, answers: readonly SteadyAnswer[]): void {
  const refused = answers.reduce((sum, answer) => sum + answer.refused, 0);
  console.log(`${name}: ${answers.length} answers, the longest ${seconds(longestMs(answers))}, ${refused} refused`);
}

/** Until others have done what a worker held. */
async function untilEnded(ledger: JobLedger, held: readonly string[]): Promise<void> {
  await vi.waitUntil(() => ledger.areEnded(held), { timeout: 30_000, interval: 100 });
}

/** Until something has run in a container after `since`. @returns how long that took, in ms */
async function worksAgain(ledger: JobLedger, container: string, since: number): Promise<number> {
  let endedAt = 0;
  await vi.waitUntil(
    async () => {
      endedAt = await ledger.lastEndedIn(container);
      return endedAt > since;
    },
    { timeout: 30_000, interval: 100 },
  );
  return endedAt - since;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
