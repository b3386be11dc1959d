/** `ok`: as it should be; `warning`: to be known, or not to be found out; `fault`: to be put right. */
export type Level = 'ok' | 'warning' | 'fault';

/** What one check has to say. */
export interface Finding {
  readonly level: Level;
  /** One line. */
  readonly message: string;
  /** The command that puts it right; a sentence where no command does. */
  readonly fix?: string;
}

export function ok(message: string): Finding {
  return { level: 'ok', message };
}

export function warning(message: string, fix?: string): Finding {
  return { level: 'warning', message, ...(fix !== undefined && { fix }) };
}

export function fault(message: string, fix?: string): Finding {
  return { level: 'fault', message, ...(fix !== undefined && { fix }) };
}
