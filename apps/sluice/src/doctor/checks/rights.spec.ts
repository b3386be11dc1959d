import { checkRights } from './rights.js';

const commands = { redisCli: 'redis-cli', post: '', put: '' };

describe('checkRights', () => {
  it('is content when nothing was refused', () => {
    expect(checkRights({ denied: [], user: 'sluice', prefix: 'bull' }, commands)).toMatchObject([{ level: 'ok' }]);
  });

  it('names what was refused, and the command that grants it on our keys alone', () => {
    expect(checkRights({ denied: ['EVAL', 'CLIENT LIST'], user: 'sluice', prefix: 'jobs' }, commands)).toMatchObject([
      {
        level: 'fault',
        message: expect.stringContaining('may not run EVAL, CLIENT LIST'),
        fix: expect.stringContaining(
          "redis-cli ACL SETUSER sluice +eval +client|list '~jobs:*' '~sluice:jobs:*' '&sluice:jobs:*'",
        ),
      },
    ]);
  });
});
