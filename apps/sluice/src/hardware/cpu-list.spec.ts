import { formatCpuList, parseCpuList } from './cpu-list.js';

describe('the list of CPUs', () => {
  it.each([
    ['0', [0]],
    ['0-3,8', [0, 1, 2, 3, 8]],
    ['2-3,0-1', [0, 1, 2, 3]],
    ['', []],
    ['N/A', []],
  ])('reads %j', (text, cpus) => {
    expect(parseCpuList(text)).toEqual(cpus);
  });

  it.each([
    [[], ''],
    [[5], '5'],
    [[8, 0, 1, 2], '0-2,8'],
    [[0, 2, 4], '0,2,4'],
  ])('writes %j', (cpus, text) => {
    expect(formatCpuList(cpus)).toBe(text);
  });
});
