import { counted } from '../counted.js';
import type { RedisFacts } from '../facts.js';
import { fault, ok, warning, type Finding } from '../finding.js';

/** What a replica lacks when its primary dies is lost. */
const LAG_SECONDS = 10;

/** Whether this server may be written to, and how far behind those are that would take its place. */
export function checkRedisRole({ info }: Pick<RedisFacts, 'info'>): Finding[] {
  if (info.get('cluster_enabled') === '1')
    return [
      fault(
        'Redis runs as a cluster, which Sluice does not speak',
        'REDIS_URL=redis://<a server without cluster mode>',
      ),
    ];
  if (info.get('role') === 'slave') {
    const primary = `${info.get('master_host') ?? '<host>'}:${info.get('master_port') ?? '6379'}`;
    return [fault('Redis is a replica, which takes no writes', `REDIS_URL=redis://${primary}`)];
  }
  const replicas = [...info].filter(([field]) => /^slave\d+$/.test(field)).map(([, value]) => fieldsOf(value));
  const late = replicas.filter(({ state, lag }) => state !== 'online' || Number(lag) > LAG_SECONDS);
  return [
    ok(
      replicas.length === 0
        ? 'it is a primary without replicas'
        : `it is the primary of ${counted(replicas.length, 'replica')}`,
    ),
    ...late.map(({ ip, port, state, lag }) =>
      warning(
        `replica ${ip}:${port} is ${state}, ${lag} s behind: were it to take over now, what it lacks would be lost`,
        `redis-cli -h ${ip} -p ${port} INFO replication`,
      ),
    ),
  ];
}

/** `ip=10.0.0.2,port=6379,state=online,offset=1,lag=0`. */
function fieldsOf(value: string): Readonly<Record<string, string>> {
  return Object.fromEntries(value.split(',').map((pair) => pair.split('=', 2) as [string, string]));
}
