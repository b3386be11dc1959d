import { counted } from '../counted.js';
import type { SettingsFacts } from '../facts.js';
import { ok, warning, type Finding } from '../finding.js';

/** Who may come in. An API that others can reach and that has no keys does not start: `checkSettings` says so. */
export function checkDoor({ api }: Pick<SettingsFacts, 'api'>): Finding[] {
  if (typeof api === 'string') return [];
  const { host, door } = api;
  if (!door.keys) return [ok(`the API has no keys: only this machine is to reach it (it binds to ${host})`)];
  const admins = door.keys.filter(({ role }) => role === 'admin').length;
  if (admins === 0)
    return [
      warning(
        'no key has the role admin: nobody may load models, see the documentation or the queues',
        'add an entry name:admin:key to SLUICE_API_KEYS',
      ),
    ];
  return [
    ok(`the API has ${counted(door.keys.length, 'key')}, ${admins} of them for administrators, and binds to ${host}`),
  ];
}
