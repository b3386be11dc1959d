import type { Rollout } from '@sluice/contracts';
import fc from 'fast-check';
import type { Instruction } from './instructed.js';
import { EVENTS_KEPT } from './rollout-events.js';
import { World, type Plan } from './simulated-rollout.fixture.js';

/** What no step may do. */
function checkStep({ seen, world, step }: Plan): void {
  const { next } = step;
  const faults: string[] = [];
  if (next.events.length > EVENTS_KEPT) faults.push('too many events');
  if (next.phase === 'promoted' && next.fault) faults.push('promoted with a fault');
  if (next.phase === 'rolled-back' && !next.fault) faults.push('rolled back without a fault');
  for (const effect of step.effects) {
    if (effect.kind !== 'change' || effect.change.kind !== 'exchange' || seen.phase !== 'load') continue;
    const told = new Set([...world.registry.exchange, ...effect.change.workers]);
    const serving = world.workers.filter(({ models }) => models.some(({ version }) => version === seen.from));
    const goOn = serving.filter(({ id }) => !told.has(id)).length;
    const given = serving.some(({ id }) => told.has(id) && !world.registry.exchange.includes(id));
    if (given && goOn < seen.strategy.minServing) faults.push(`${goOn} serve while others exchange versions`);
  }
  expect(faults).toEqual([]);
}

const controller = fc.nat(1);
const action = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(fc.constant('turn' as const), controller) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('look' as const), controller) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('keep' as const), controller) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('bringAbout' as const), controller) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('crash' as const), controller) },
  { weight: 20, arbitrary: fc.tuple(fc.constant('work' as const), fc.nat(5)) },
  { weight: 10, arbitrary: fc.tuple(fc.constant('jobs' as const), fc.constant(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('lose-job' as const), fc.nat(3)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('kill' as const), fc.nat(5)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('join' as const), fc.constant(0)) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('time' as const), fc.constantFrom(500, 5_000, 61_000)) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('instruct' as const),
      fc.constantFrom<Instruction>('pause', 'resume', 'promote', 'roll-back'),
    ),
  },
);
const actions = fc.array(action, { maxLength: 120, size: 'max' });
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function act(world: World, [what, arg]: Action): void {
  const nth = <T>(of: Iterable<T>, index: number) => [...of][index];
  if (what === 'turn') world.turn(arg);
  if (what === 'look' || what === 'keep' || what === 'bringAbout') world[what](arg);
  if (what === 'crash') world.plans[arg] = undefined;
  if (what === 'work') nth(world.workers.values(), arg)?.work(world.registry);
  if (what === 'jobs') world.doJobs();
  if (what === 'lose-job') world.jobs.delete(nth(world.jobs.keys(), arg) ?? '');
  if (what === 'kill') world.workers.delete(nth(world.workers.keys(), arg) ?? '');
  if (what === 'join') world.join();
  if (what === 'time') world.now += arg;
  if (what === 'instruct') world.instruct(arg);
}

/** One controller, workers that work: it comes to its end. */
function calm(world: World): void {
  if (world.workers.size === 0) world.join();
  world.instruct('resume');
  for (let rounds = 0; world.rollout.endedAt === undefined; rounds++) {
    if (rounds > 3_000) throw new Error(`it stays in ${world.rollout.phase}: ${JSON.stringify(world)}`);
    round(world);
  }
}

function round(world: World): void {
  world.turn(2);
  for (const worker of world.workers.values()) worker.work(world.registry);
  world.doJobs();
  world.now += 500;
}

const setting = fc.record({
  from: fc.option(fc.constant('1'), { nil: undefined }),
  fits: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
  minServing: fc.nat(3),
});
const PHASES = ['verify', 'load', 'canary', 'promote', 'roll-back'] as const;
/** Nothing goes wrong until a phase, and for some rounds more; then everything does. */
const headStart = fc.record({ phase: fc.constantFrom(...PHASES), more: fc.nat(3) });

function count(tally: Map<Rollout['phase'], number>, phase: Rollout['phase']): void {
  tally.set(phase, (tally.get(phase) ?? 0) + 1);
}

function begin(world: World, { phase, more }: { phase: Rollout['phase']; more: number }): void {
  for (let rounds = 0; world.rollout.phase !== phase && world.rollout.endedAt === undefined; rounds++) {
    if (phase === 'roll-back' && rounds > 30 * more) world.instruct('roll-back');
    round(world);
  }
  for (let rounds = 0; rounds < more; rounds++) round(world);
}

it('ends as the registry says, whatever crashes, is lost, repeated, delayed or asked for', () => {
  const reached = new Map<Rollout['phase'], number>();
  const ends = new Map<Rollout['phase'], number>();
  fc.assert(
    fc.property(setting, headStart, actions, fc.infiniteStream(fc.nat(9)), (given, start, plan, luck) => {
      const world = new World(given, () => luck.next().value === 0, checkStep);
      begin(world, start);
      for (const each of plan) act(world, each);
      count(reached, world.rollout.phase);
      calm(world);
      const { phase, from, version } = world.rollout;
      count(ends, phase);
      // What was delayed until after the end changes nothing any more.
      for (const late of [0, 1, 0, 1]) {
        world.keep(late);
        world.bringAbout(late);
      }
      const live = phase === 'promoted' ? version : from;
      expect(world.registry).toMatchObject({ live, canaryPercent: 0 });
      expect(world.registry.candidate).toBeUndefined();
      const agreeing = [...world.workers.values()].filter(({ id }) => !world.rollout.absent.includes(id));
      for (const { versions } of agreeing) expect([...versions]).toEqual(live === undefined ? [] : [live]);
    }),
    { numRuns: 1_500 },
  );
  for (const phase of PHASES) expect(reached.get(phase)).toBeGreaterThan(15);
  expect(ends.get('promoted')).toBeGreaterThan(300);
  expect(ends.get('rolled-back')).toBeGreaterThan(300);
});

it('is not undone by a proposal that comes after its end', () => {
  const world = new World({ from: '1', fits: [true], minServing: 1 }, () => false, checkStep);
  const isAboutToPropose = () =>
    world.plans[0]?.step.effects.some((effect) => effect.kind === 'change' && effect.id === 'r-propose');
  while (!isAboutToPropose()) {
    world.bringAbout(0);
    world.doJobs();
    world.look(0);
    world.keep(0);
  }
  world.instruct('roll-back');
  while (world.rollout.endedAt === undefined) world.turn(1);
  world.bringAbout(0);
  expect(world.rollout.phase).toBe('rolled-back');
  expect(world.registry.candidate).toBeUndefined();
});

it('promotes when nothing goes wrong, if it may exchange what does not fit', () => {
  fc.assert(
    fc.property(setting, (given) => {
      const world = new World(given, () => false, checkStep);
      calm(world);
      const mayExchange = given.fits.includes(true) || given.minServing < given.fits.length || given.from === undefined;
      expect(world.rollout).toMatchObject({ phase: mayExchange ? 'promoted' : 'rolled-back', absent: [] });
    }),
    { numRuns: 300 },
  );
});
