import { Gathering } from './gathering.js';

describe('gathering', () => {
  const sent: [queue: string, items: readonly number[]][] = [];
  const gathering = new Gathering<number>(async (queue, items) => {
    sent.push([queue, items]);
  });
  beforeEach(() => {
    sent.length = 0;
  });

  it('sends what one turn of the event loop brought together, for each queue', async () => {
    await Promise.all([gathering.add('a', [1]), gathering.add('b', [2]), gathering.add('a', [3, 4])]);
    expect(sent).toEqual([
      ['a', [1, 3, 4]],
      ['b', [2]],
    ]);
  });

  it('waits for nobody: the next turn is sent by itself', async () => {
    await gathering.add('a', [1]);
    await gathering.add('a', [2]);
    expect(sent).toEqual([
      ['a', [1]],
      ['a', [2]],
    ]);
  });

  it('tells everybody when it could not be sent, and goes on with the next turn', async () => {
    let isDown = true;
    const failing = new Gathering<number>(async () => {
      if (isDown) throw new Error('Redis is gone');
    });
    const answers = await Promise.allSettled([failing.add('a', [1]), failing.add('a', [2])]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isDown = false;
    await expect(failing.add('a', [3])).resolves.toBeUndefined();
  });
});
