import { pino, type Logger as PinoLogger } from 'pino';

/** One JSON event a line. Event names are fixed; what varies is in the fields. */
export type Logger = PinoLogger;

export function createLogger(app: string, level: string): Logger {
  return pino({ level, base: { app }, timestamp: pino.stdTimeFunctions.isoTime });
}
