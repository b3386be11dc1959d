import { DeviceToken } from './device-token.js';

describe('DeviceToken', () => {
  it('lets one in at a time, in the order of asking, and goes on after a failure', async () => {
    const token = new DeviceToken();
    const events: string[] = [];
    const work = (name: string, fails = false) =>
      token.hold(async () => {
        events.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${name} out`);
        if (fails) throw new Error(name);
        return name;
      });
    const results = await Promise.allSettled([work('a'), work('b', true), work('c')]);
    expect(events).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
