import { Holds } from './holds.js';

describe('Holds', () => {
  it('waits for the last of them, and not at all when there is none', async () => {
    const holds = new Holds();
    await holds.none();
    holds.take();
    holds.take();
    const events: string[] = [];
    const waiting = holds.none().then(() => events.push('none'));
    holds.drop();
    await new Promise((resolve) => setImmediate(resolve));
    events.push('last');
    holds.drop();
    await waiting;
    expect(events).toEqual(['last', 'none']);
  });
});
