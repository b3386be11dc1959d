import { SluiceError } from '@sluice/contracts';
import {
  AUDIT_LENGTH,
  HISTORY_LENGTH,
  unregistered,
  type ModelRegistry,
  type RegisteredModel,
  type RegisteredModels,
} from '@sluice/model-registry';

export interface ModelRegistryFixture {
  /** Another member of the same cluster, as a process of its own would be. */
  member(): Promise<ModelRegistry>;
  /** Lets time go by until a promise settles. */
  settled<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const BY = { by: 'somebody' };
const serve = (version: string) => ({ kind: 'serve', version }) as const;

export function describeModelRegistry(name: string, open: () => Promise<ModelRegistryFixture>): void {
  describe(`${name} is a model registry`, () => {
    let fixture: ModelRegistryFixture;
    let registry: ModelRegistry;
    beforeEach(async () => {
      fixture = await open();
      registry = await fixture.member();
    });
    afterEach(() => fixture.close());

    /** `live`, from nothing. */
    const serving = (model: string, live = '1') => registry.change(unregistered(model), serve(live), BY);

    it('knows nothing at first', async () => {
      expect(await registry.model('m')).toEqual(unregistered('m'));
      expect(await registry.models()).toEqual(new Map());
      expect(await registry.history('m')).toEqual([]);
      expect(await registry.audit()).toEqual([]);
    });

    it('takes a version through its way into service, and keeps it when the writer is gone', async () => {
      const first = await serving('m');
      const proposed = await registry.change(first, { kind: 'propose', version: '2', canaryPercent: 0 }, BY);
      const shared = await registry.change(proposed, { kind: 'shift', canaryPercent: 33.333333333333336 }, BY);
      expect(shared).toMatchObject({ live: '1', candidate: '2', canaryPercent: 33.333333333333336, generation: 3 });
      const other = await fixture.member();
      expect(await other.model('m')).toEqual(shared);
      const promoted = await other.change(shared, { kind: 'promote' }, BY);
      await registry.stop();
      expect(await other.model('m')).toEqual(promoted);
      expect(promoted).toEqual({
        ...unregistered('m'),
        live: '2',
        retired: ['1'],
        generation: 4,
        changeId: promoted.changeId,
      });
    });

    it('keeps which workers exchange versions, and which versions were retired', async () => {
      let state = await registry.change(await serving('m'), serve('2'), BY);
      state = await registry.change(state, { kind: 'propose', version: '3', canaryPercent: 0 }, BY);
      state = await registry.change(state, { kind: 'exchange', workers: ['b', 'a'] }, BY);
      expect(state).toMatchObject({ live: '2', candidate: '3', retired: ['1'], exchange: ['a', 'b'] });
      expect(await (await fixture.member()).model('m')).toEqual(state);
      expect((await registry.history('m'))[0]).toMatchObject({ state, change: { workers: ['b', 'a'] } });
    });

    it('refuses a change that was decided on another state, and changes nothing', async () => {
      const first = await serving('m');
      const second = await registry.change(first, serve('2'), BY);
      const late = (await fixture.member()).change(first, serve('3'), BY);
      await expect(late).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/at generation 1 and is at 2 \(live: 2, candidate: none\)\. Read it again/),
      });
      expect(await registry.model('m')).toEqual(second);
      expect(await registry.history('m')).toHaveLength(2);
      await expect(serving('m')).rejects.toMatchObject({ code: 'conflict' });
    });

    it('refuses a state of the same generation that another change had made', async () => {
      const first = await serving('m');
      const lost = { ...first, changeId: 'of a Redis that has lost it' };
      await expect(registry.change(lost, serve('2'), BY)).rejects.toMatchObject({ code: 'conflict' });
    });

    it('refuses what the state does not allow', async () => {
      const first = await serving('m');
      await expect(registry.change(first, { kind: 'promote' }, BY)).rejects.toMatchObject({ code: 'conflict' });
      expect(await registry.model('m')).toEqual(first);
    });

    it('makes a change that is sent again once, also when others have changed the model since', async () => {
      const first = await serving('m');
      const twice = () => registry.change(first, serve('2'), { ...BY, id: 'twice' });
      const second = await twice();
      expect(await twice()).toEqual(second);
      const third = await registry.change(second, serve('3'), BY);
      expect(await twice()).toEqual(second);
      expect(await registry.model('m')).toEqual(third);
      expect(await registry.history('m')).toHaveLength(3);
      expect(await registry.audit()).toHaveLength(3);
    });

    it('keeps models apart', async () => {
      const [m, n] = [await serving('m', '1'), await serving('n', '7')];
      const states = new Map([
        ['m', m],
        ['n', n],
      ]);
      expect(await registry.models()).toEqual(states);
      expect(await registry.history('n')).toMatchObject([{ state: n }]);
    });

    it('tells who changed what, when and why, the latest first', async () => {
      const first = await registry.change(unregistered('m'), serve('1'), { by: 'ann', reason: 'the first "ü"' });
      const second = await registry.change(first, { kind: 'propose', version: '2', canaryPercent: 5 }, { by: 'bob' });
      const other = await registry.change(unregistered('n'), serve('1'), { by: 'eve' });
      const revisions = [
        { state: second, change: { kind: 'propose', version: '2', canaryPercent: 5 }, by: 'bob' },
        { state: first, change: serve('1'), by: 'ann', reason: 'the first "ü"' },
      ];
      const history = await registry.history('m');
      expect(history).toMatchObject(revisions);
      expect(history[0]!.at).toBeGreaterThanOrEqual(history[1]!.at);
      expect(await registry.audit()).toMatchObject([{ state: other, by: 'eve' }, ...revisions]);
    });

    it('bounds what it keeps', async () => {
      let state = await serving('n');
      for (let model = 0; (await registry.audit()).length < AUDIT_LENGTH; model++) {
        state = unregistered(`m-${model}`);
        for (let count = 0; count < HISTORY_LENGTH + 2; count++) state = await registry.change(state, serve('1'), BY);
      }
      const history = await registry.history('m-0');
      expect(history).toHaveLength(HISTORY_LENGTH);
      expect(history[0]!.state.generation).toBe(HISTORY_LENGTH + 2);
      const audit = await registry.audit();
      expect(audit).toHaveLength(AUDIT_LENGTH);
      expect(audit[0]!.state).toEqual(state);
    });

    it('of many that change a model at once loses no change', async () => {
      const members = await Promise.all(Array.from({ length: 4 }, () => fixture.member()));
      const made: RegisteredModel[] = [];
      await Promise.all(
        members.map(async (member, index) => {
          for (let count = 1; count <= 10;) {
            const seen = await member.model('m');
            try {
              made.push(await member.change(seen, serve(String(10 * (index + 1) + count)), { by: String(index) }));
              count++;
            } catch (error) {
              if (!(error instanceof SluiceError) || error.code !== 'conflict') throw error;
            }
          }
        }),
      );
      const inOrder = made.toSorted((a, b) => a.generation - b.generation);
      expect(inOrder.map(({ generation }) => generation)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
      expect((await registry.history('m')).map(({ state }) => state)).toEqual(inOrder.toReversed());
      expect(await registry.model('m')).toEqual(inOrder.at(-1));
    });

    it('tells those who watch what is there, and every state that lasts, never going back', async () => {
      const first = await serving('m');
      const watcher = await fixture.member();
      const told: RegisteredModels[] = [];
      let arrived = () => {};
      await watcher.watch((models) => {
        told.push(models);
        arrived();
      });
      expect(told).toEqual([new Map([['m', first]])]);
      let state = first;
      for (const version of ['2', '3', '4']) state = await registry.change(state, serve(version), BY);
      const isLast = () => told.at(-1)?.get('m')?.generation === 4;
      while (!isLast()) await fixture.settled(new Promise<void>((resolve) => (arrived = resolve)));
      expect(told.at(-1)).toEqual(new Map([['m', state]]));
      const generations = told.map((models) => models.get('m')!.generation);
      expect(generations).toEqual(generations.toSorted((a, b) => a - b));
    });

    it('stops twice, and without a start', async () => {
      const member = await fixture.member();
      await member.stop();
      await member.stop();
    });
  });
}
