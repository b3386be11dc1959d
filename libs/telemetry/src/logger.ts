import { pino } from 'pino';

/**
 * One JSON event a line. Event names are fixed, in snake_case; what varies is in the fields, `jobId` among them wherever
 * an event is about a request. An abstract class, so that Nest can inject it.
 */
export abstract class Logger {
  abstract debug(fields: object, event: string): void;
  abstract info(fields: object, event: string): void;
  abstract warn(fields: object, event: string): void;
  abstract error(fields: object, event: string): void;
  abstract fatal(fields: object, event: string): void;
}

export function createLogger(app: string, level: string): Logger {
  // Written at once: the last words before a crash are those that matter. There is no event per request above `debug`.
  const destination = pino.destination({ dest: 1, sync: true });
  return pino({ level, base: { app }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
