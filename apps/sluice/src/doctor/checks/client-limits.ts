import type { Commands, RedisFacts } from '../facts.js';
import { ok, warning, type Finding } from '../finding.js';

const MB = 1024 * 1024;
/** Redis' own defaults: a hard limit, and a soft one that may be exceeded for a minute. */
const HARD = 32 * MB;
const SOFT = 8 * MB;

/** Limits of Redis that cut off connections of ours. Answers are then late, none is lost. */
export function checkClientLimits({ config }: Pick<RedisFacts, 'config'>, { redisCli }: Commands): Finding[] {
  if (!config)
    return [
      warning(
        'limits for clients could not be read (CONFIG GET is forbidden)',
        "look for `timeout` (0) and `client-output-buffer-limit pubsub` (32mb 8mb 60 or more) in your provider's settings",
      ),
    ];
  const findings: Finding[] = [];
  const timeout = Number(config.get('timeout') ?? 0);
  if (timeout > 0)
    findings.push(
      warning(
        `timeout is ${timeout}: connections without traffic are cut off, and made again, all the time`,
        `${redisCli} CONFIG SET timeout 0`,
      ),
    );
  const limit = /pubsub (\d+) (\d+) (\d+)/.exec(config.get('client-output-buffer-limit') ?? '');
  const [hard, soft] = [Number(limit?.[1] ?? 0), Number(limit?.[2] ?? 0)];
  if (isBelow(hard, HARD) || isBelow(soft, SOFT))
    findings.push(
      warning(
        `client-output-buffer-limit is ${limit?.[0]}: an API that is answered much at once is cut off, and reads its answers late`,
        `${redisCli} CONFIG SET client-output-buffer-limit 'pubsub 32mb 8mb 60'`,
      ),
    );
  return findings.length > 0 ? findings : [ok('no limit of Redis cuts off its clients')];
}

/** 0 is no limit. */
function isBelow(limit: number, expected: number): boolean {
  return limit > 0 && limit < expected;
}
