import { checkDurability } from './durability.js';

const commands = { redisCli: 'redis-cli', post: '', put: '' };
const judge = (fields: Record<string, string>, fsync?: string) =>
  checkDurability(
    {
      info: new Map(Object.entries(fields)),
      config: fsync === undefined ? undefined : new Map([['appendfsync', fsync]]),
    },
    commands,
  );

describe('checkDurability', () => {
  it.each([
    ['always', 'ok', /loses nothing/],
    ['everysec', 'ok', /about a second/],
    ['no', 'warning', /30 s/],
  ])('says what appendfsync %s loses', (fsync, level, message) => {
    expect(judge({ aof_enabled: '1' }, fsync)).toMatchObject([{ level, message: expect.stringMatching(message) }]);
  });

  it('warns of a Redis without an append-only file, with the command that turns it on', () => {
    const [finding] = judge({ aof_enabled: '0' }, 'everysec');
    expect(finding?.level).toBe('warning');
    expect(finding?.fix).toMatch(/^redis-cli CONFIG SET appendonly yes /);
  });

  it('says what to look for where CONFIG GET, or INFO too, is forbidden', () => {
    expect(judge({ aof_enabled: '1' })).toMatchObject([
      { level: 'warning', fix: expect.stringContaining('`appendfsync`') },
    ]);
    expect(judge({})).toMatchObject([{ level: 'warning', fix: expect.stringContaining('`appendonly`') }]);
  });

  it.each(['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status'])(
    'finds a disk that cannot be written to: %s',
    (field) => {
      const [, second] = judge({ aof_enabled: '1', [field]: 'err' }, 'everysec');
      expect(second).toMatchObject({ level: 'fault', message: expect.stringContaining('disk') });
      expect(judge({ aof_enabled: '1', [field]: 'ok' }, 'everysec')).toHaveLength(1);
    },
  );
});
