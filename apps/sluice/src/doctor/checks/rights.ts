import type { Commands, RedisFacts } from '../facts.js';
import { fault, ok, type Finding } from '../finding.js';

export function checkRights(
  { denied, user, prefix }: Pick<RedisFacts, 'denied' | 'user' | 'prefix'>,
  { redisCli }: Commands,
): Finding[] {
  if (denied.length === 0) return [ok(`the user ${user} may do what Sluice needs`)];
  const commands = denied.map((command) => `+${command.toLowerCase().replace(' ', '|')}`).join(' ');
  return [
    fault(
      `the user ${user} may not run ${denied.join(', ')} on Sluice's keys and channels`,
      `${redisCli} ACL SETUSER ${user} ${commands} '~${prefix}:*' '~sluice:${prefix}:*' '&sluice:${prefix}:*'    # as an administrator`,
    ),
  ];
}
