import type { Change } from './change.js';
import { unregistered, type RegisteredModel } from './registered-model.js';
import { transition } from './transition.js';

const NEW = unregistered('m');
const LIVE: RegisteredModel = { ...NEW, live: '1', generation: 4, changeId: 'before' };
const CANARY: RegisteredModel = { ...LIVE, candidate: '2', canaryPercent: 10 };
/** Versions went before it, and workers exchange it. */
const LATER: RegisteredModel = { ...CANARY, retired: ['6', '5', '4', '3'], exchange: ['worker-2'] };
const FIRST: RegisteredModel = { ...NEW, candidate: '1', generation: 1, changeId: 'before' };

it.each<[string, RegisteredModel, Change, Partial<RegisteredModel>]>([
  ['the first version is served', NEW, { kind: 'serve', version: '1' }, { live: '1' }],
  ['another one', LIVE, { kind: 'serve', version: '3' }, { live: '3', retired: ['1'] }],
  ['another one drops the candidate', CANARY, { kind: 'serve', version: '3' }, { live: '3', retired: ['1', '2'] }],
  [
    'a candidate is proposed',
    LIVE,
    { kind: 'propose', version: '2', canaryPercent: 0.5 },
    { live: '1', candidate: '2', canaryPercent: 0.5 },
  ],
  ['the first version is proposed', NEW, { kind: 'propose', version: '1', canaryPercent: 0 }, { candidate: '1' }],
  [
    'the candidate gets all',
    CANARY,
    { kind: 'shift', canaryPercent: 100 },
    { live: '1', candidate: '2', canaryPercent: 100 },
  ],
  ['the candidate becomes live', CANARY, { kind: 'promote' }, { live: '2', retired: ['1'] }],
  ['the first version becomes live', FIRST, { kind: 'promote' }, { live: '1' }],
  ['the candidate is dropped', CANARY, { kind: 'withdraw' }, { live: '1', retired: ['2'] }],
  ['the first candidate is dropped', FIRST, { kind: 'withdraw' }, { retired: ['1'] }],
  [
    'what is live again is retired no more',
    LATER,
    { kind: 'serve', version: '5' },
    { live: '5', retired: ['1', '2', '6', '4'] },
  ],
  [
    'what is proposed again is retired no more, and nobody exchanges it yet',
    { ...LATER, candidate: undefined },
    { kind: 'propose', version: '4', canaryPercent: 0 },
    { live: '1', candidate: '4', retired: ['6', '5', '3'] },
  ],
  [
    'of what was retired the oldest is forgotten, and who exchanges goes on',
    LATER,
    { kind: 'promote' },
    { live: '2', retired: ['1', '6', '5', '4'], exchange: ['worker-2'] },
  ],
  [
    'who has exchanged may go back',
    LATER,
    { kind: 'withdraw' },
    { live: '1', retired: ['2', '6', '5', '4'], exchange: ['worker-2'] },
  ],
  [
    'the share does not change who exchanges',
    LATER,
    { kind: 'shift', canaryPercent: 50 },
    { ...LATER, canaryPercent: 50 },
  ],
  [
    'more workers exchange, each named once',
    LATER,
    { kind: 'exchange', workers: ['worker-3', 'worker-1', 'worker-2'] },
    { ...LATER, exchange: ['worker-1', 'worker-2', 'worker-3'] },
  ],
  [
    'workers exchange what was promoted',
    { ...LIVE, retired: ['2'] },
    { kind: 'exchange', workers: ['worker-1'] },
    { live: '1', retired: ['2'], exchange: ['worker-1'] },
  ],
])('%s', (_, seen, change, expected) => {
  expect(transition(seen, change, 'id')).toEqual({
    model: 'm',
    canaryPercent: 0,
    retired: [],
    exchange: [],
    ...expected,
    generation: seen.generation + 1,
    changeId: 'id',
  });
});

it.each<[string, RegisteredModel, Change, string, string]>([
  ['two candidates', CANARY, { kind: 'propose', version: '3', canaryPercent: 0 }, 'conflict', 'version 2: promote or'],
  ['live as candidate', LIVE, { kind: 'propose', version: '1', canaryPercent: 0 }, 'conflict', 'is live already'],
  ['a share without a candidate', LIVE, { kind: 'shift', canaryPercent: 5 }, 'conflict', 'propose a version first'],
  ['to promote nothing', LIVE, { kind: 'promote' }, 'conflict', 'propose a version first'],
  ['to withdraw nothing', LIVE, { kind: 'withdraw' }, 'conflict', 'propose a version first'],
  ['a share of nothing', FIRST, { kind: 'shift', canaryPercent: 5 }, 'conflict', 'no live version to share'],
  ['more than all', CANARY, { kind: 'shift', canaryPercent: 101 }, 'invalid_request', 'got 101'],
  ['less than nothing', CANARY, { kind: 'shift', canaryPercent: -1 }, 'invalid_request', 'got -1'],
  ['a share that is no number', CANARY, { kind: 'shift', canaryPercent: NaN }, 'invalid_request', 'got NaN'],
  ['a path as a name', unregistered('../m'), { kind: 'serve', version: '1' }, 'invalid_request', 'is no name'],
  ['a path as a version', LIVE, { kind: 'serve', version: '../1' }, 'invalid_request', '"../1" is no version'],
])('refuses %s', (_, seen, change, code, message) => {
  expect(() => transition(seen, change, 'id')).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});
