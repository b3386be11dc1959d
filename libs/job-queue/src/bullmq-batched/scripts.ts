import { RedisScript } from '@sluice/redis-connection';

/** One file for each transition; its head says what it guarantees, and what its keys and arguments are. */
function script(name: string): RedisScript {
  return RedisScript.from(new URL(`./scripts/${name}.lua`, import.meta.url));
}

export const ADD = script('add');
export const LEASE = script('lease');
export const SETTLE = script('settle');
export const PUT_BACK = script('put-back');
export const CANCEL = script('cancel');

/** Jobs in one call, which then holds Redis for less than a millisecond (`npm run bench -- queue` tells). */
export const JOBS_PER_CALL = 64;
