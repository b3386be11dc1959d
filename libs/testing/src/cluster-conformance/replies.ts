import type { Reply } from '@sluice/cluster';
import type { ClusterFixture } from './cluster-fixture.js';

/** Answers on their way to whoever waits. */
export function describeReplies(at: () => ClusterFixture): void {
  it('delivers replies to the API process they are for, all of a call at once, bytes unchanged', async () => {
    const [worker, api, otherApi] = [await at().member(), await at().member(), await at().member()];
    const received: (readonly Reply[])[] = [];
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const onReplies = (replies: readonly Reply[]) => {
      received.push(replies);
      arrived();
    };
    await api.subscribe('api-1', onReplies, () => {});
    await otherApi.subscribe(
      'api-2',
      () => expect.unreachable('not for this process'),
      () => {},
    );
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const error = { code: 'inference_failed', message: 'no' } as const;
    const delivered = await worker.reply('api-1', [
      { jobId: 'a', result: bytes },
      { jobId: 'b', error },
      { jobId: 'c', result: new Uint8Array() },
    ]);
    await at().settled(arrival);
    expect(delivered).toBe(true);
    expect(received).toHaveLength(1);
    const [a, b, c] = received[0] ?? [];
    expect(a && 'result' in a && Buffer.from(a.result).equals(bytes)).toBe(true);
    expect(b).toEqual({ jobId: 'b', error });
    expect(c && 'result' in c && c.result.byteLength).toBe(0);
  });

  it('says when nobody listens', async () => {
    const worker = await at().member();
    expect(await worker.reply('nobody', [{ jobId: 'a', result: new Uint8Array(1) }])).toBe(false);
  });
}
