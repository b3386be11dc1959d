import type { Rollout } from '@sluice/contracts';
import { instructed, type Instruction } from './instructed.js';
import { EVENTS_KEPT, noted } from './rollout-events.js';
import { someRollout } from './rollout-world.fixture.js';

it.each<[Instruction, Partial<Rollout>, Partial<Rollout>]>([
  ['promote', {}, { asked: 'promote' }],
  ['promote', { paused: true }, { asked: 'promote', paused: false }],
  ['roll-back', { asked: 'promote' }, { asked: 'roll-back' }],
  ['roll-back', { phase: 'promote' }, { asked: 'roll-back' }],
  ['pause', {}, { paused: true }],
  ['resume', { paused: true }, { paused: false }],
])('%s', (instruction, rollout, expected) => {
  const next = instructed(someRollout(rollout), instruction, 'ann', 7);
  expect(next).toMatchObject(expected);
  expect(next?.events.at(-1)).toMatchObject({ at: 7, message: expect.stringContaining('ann says') });
});

it.each<[Instruction, Partial<Rollout>]>([
  ['promote', { asked: 'roll-back' }],
  ['promote', { phase: 'promote' }],
  ['roll-back', { asked: 'roll-back' }],
  ['roll-back', { phase: 'roll-back' }],
  ['promote', { phase: 'roll-back' }],
  ['roll-back', { phase: 'promoted', endedAt: 5 }],
  ['pause', { paused: true }],
  ['resume', {}],
])('%s changes nothing of %o', (instruction, rollout) => {
  expect(instructed(someRollout(rollout), instruction, 'ann', 7)).toBeUndefined();
});

it('keeps the latest events', () => {
  let rollout = someRollout();
  for (let at = 0; at < EVENTS_KEPT + 5; at++) rollout = noted(rollout, at, 'something');
  expect(rollout.events).toHaveLength(EVENTS_KEPT);
  expect(rollout.events.at(-1)?.at).toBe(EVENTS_KEPT + 4);
});
