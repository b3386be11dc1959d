import { sourcesOf } from './machine-sources.fixture.js';
import { EIGHT_GPUS } from './machines.fixture.js';
import { readTopology } from './read-topology.js';
import { visibleGpus } from './visible-gpus.js';

describe('visibleGpus', () => {
  const { gpus } = readTopology(sourcesOf(EIGHT_GPUS));

  it.each([
    [undefined, [0, 1, 2, 3, 4, 5, 6, 7]],
    ['5,2', [5, 2]],
    ['GPU-00000003', [3]],
    // As CUDA has it: what follows an entry that is not known is not seen.
    ['1,9,2', [1]],
    ['-1', []],
    ['', []],
  ])('CUDA_VISIBLE_DEVICES=%s shows %j', (visible, indices) => {
    expect(visibleGpus(gpus, visible).map(({ index }) => index)).toEqual(indices);
  });
});
