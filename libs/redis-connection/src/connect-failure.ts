import { messageOf } from '@sluice/contracts';

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^WRONGPASS/, 'check the user and the password in REDIS_URL'],
  [/^NOAUTH/, 'put the password into REDIS_URL, redis://user:password@host:port'],
  [/^NOPERM/, 'the user in REDIS_URL lacks a right, docs/operations.md lists those that Sluice needs'],
  [/certificate|issuer/i, 'if the server has a private authority, name its file in SLUICE_REDIS_CA'],
  [/wrong version number|packet length too long/i, 'the server speaks no TLS there, REDIS_URL begins with rediss://'],
  [/^Connection is closed|ECONNRESET/, 'it hung up; a server that expects TLS does so, rediss:// asks for it'],
];

/** Why a connection to Redis did not come about, and what to look at. */
export function describeConnectFailure(error: unknown): string {
  const message = messageOf(error);
  const advice = ADVICE.find(([pattern]) => pattern.test(message))?.[1];
  return advice === undefined ? message : `${message} (${advice})`;
}
