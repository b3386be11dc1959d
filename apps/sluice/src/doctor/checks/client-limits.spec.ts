import { checkClientLimits } from './client-limits.js';

const commands = { redisCli: 'redis-cli', post: '', put: '' };
const judge = (timeout: string, pubsub: string) =>
  checkClientLimits(
    {
      config: new Map([
        ['timeout', timeout],
        ['client-output-buffer-limit', `normal 0 0 0 slave 268435456 67108864 60 pubsub ${pubsub}`],
      ]),
    },
    commands,
  );

describe('checkClientLimits', () => {
  it.each(['33554432 8388608 60', '0 0 0', '67108864 0 0'])("takes Redis' defaults and above: %s", (pubsub) => {
    expect(judge('0', pubsub)).toMatchObject([{ level: 'ok' }]);
  });

  it.each(['1048576 0 0', '33554432 1048576 10'])('warns of subscribers that are cut off at %s', (pubsub) => {
    expect(judge('0', pubsub)).toMatchObject([
      { level: 'warning', fix: "redis-cli CONFIG SET client-output-buffer-limit 'pubsub 32mb 8mb 60'" },
    ]);
  });

  it('warns of a timeout', () => {
    expect(judge('60', '0 0 0')).toMatchObject([{ level: 'warning', fix: 'redis-cli CONFIG SET timeout 0' }]);
  });

  it('says what to look for where CONFIG GET is forbidden', () => {
    expect(checkClientLimits({ config: undefined }, commands)).toMatchObject([
      { level: 'warning', fix: expect.stringContaining('`client-output-buffer-limit pubsub`') },
    ]);
  });
});
