import { Socket } from 'node:net';
import type { Redis } from 'ioredis';

const TICK_MS = 1_000;
/** Without an answer for so many ticks it asks for one, so that a connection that only listens hears something too. */
const ASK_AFTER_TICKS = 3;
/** Longer than the longest blocking wait (a second), and than a large payload takes to be sent. */
const GIVE_UP_AFTER_TICKS = 10;

/**
 * Ends a connection on which nothing arrives any more, so that a fresh one takes its place: a network that swallows
 * packets gives no error, and the system tries for minutes.
 *
 * Why not ioredis' own `socketTimeout`: it watches pending commands only, so that a subscription stays dead for ever; and
 * it closes the socket in order, which leaves what was sent to the system. That delivers it when the network heals, after
 * it has been sent again elsewhere: jobs are leased by nobody. A reset takes it back.
 *
 * It counts ticks and not time, because a process that was stopped has heard nothing either, and all is well.
 */
export function watchForSilence(connection: Redis, onError: (error: Error) => void): void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearInterval(timer);
  connection.on('close', stop);
  connection.on('connect', () => {
    stop();
    const { stream } = connection;
    let silentTicks = 0;
    let heardBytes = 0;
    const tick = () => {
      silentTicks = stream.bytesRead === heardBytes ? silentTicks + 1 : 0;
      heardBytes = stream.bytesRead;
      if (silentTicks >= GIVE_UP_AFTER_TICKS) {
        stop();
        onError(new Error(`nothing was heard from Redis for ${GIVE_UP_AFTER_TICKS} s: connecting anew`));
        reset(stream);
      } else if (silentTicks === ASK_AFTER_TICKS && connection.status === 'ready') connection.ping().catch(() => {});
    };
    timer = setInterval(tick, TICK_MS).unref();
  });
}

/** Node resets plain connections only: with TLS what is delivered late stays possible, and lapses as every lease does. */
function reset(stream: Redis['stream']): void {
  if ('encrypted' in stream || !(stream instanceof Socket)) stream.destroy();
  else stream.resetAndDestroy();
}
