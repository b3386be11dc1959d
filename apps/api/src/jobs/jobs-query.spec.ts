import { parseAsync, parseJobsQuery, parseWait } from './jobs-query.js';

describe('the query of /jobs', () => {
  it('has defaults', () => {
    expect(parseJobsQuery({})).toEqual({ state: undefined, model: undefined, page: 1, size: 20 });
  });

  it('takes a state, a model and a page', () => {
    const query = { state: 'failed', model: 'digits', page: '3', size: '50' };
    expect(parseJobsQuery(query)).toEqual({ state: 'failed', model: 'digits', page: 3, size: 50 });
  });

  it.each([
    [{ state: 'done' }, 'state: expected waiting, active, completed, failed, got "done"'],
    [{ model: 'a b' }, 'model: expected a model name, got "a b"'],
    [{ size: '0' }, 'size: expected a whole number from 1 to 100, got "0"'],
    [{ size: '1e2' }, 'size: expected a whole number from 1 to 100, got "1e2"'],
    [{ page: '11', size: '100' }, 'page: expected a whole number from 1 to 10, got "11"'],
    [{ page: ['1', '2'] }, 'page: expected one value, got several'],
  ])('refuses %j', (query, message) => {
    expect(() => parseJobsQuery(query)).toThrow(message);
  });
});

it.each([
  [{}, 0],
  [{ wait: '0' }, 0],
  [{ wait: '1.5' }, 1_500],
  [{ wait: '60' }, 60_000],
])('the wait of %j is %i ms', (query, ms) => {
  expect(parseWait(query)).toBe(ms);
});

it.each(['61', '-1', 'x', '', '1e1', 'Infinity'])('a wait of %j is refused', (wait) => {
  expect(() => parseWait({ wait })).toThrow(`wait: expected seconds from 0 to 60, got "${wait}"`);
});

it('async is true or false', () => {
  expect([{}, { async: 'false' }, { async: 'true' }, { async: '1' }].map(parseAsync)).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(() => parseAsync({ async: 'yes' })).toThrow('async: expected true or false, got "yes"');
});
