/** When it was logged, in milliseconds since the epoch. */
interface Logged {
  readonly at: number;
}

/**
 * The events of one name in a log of a JSON object a line, in order. What else a line says is believed to be a `T`: the
 * log is our own.
 */
export function readEvents<T>(log: string, name: string): (T & Logged)[] {
  return log.split('\n').flatMap((line) => {
    // Most lines are about something else, and there may be a hundred thousand of them.
    if (!line.includes(`"${name}"`)) return [];
    const event = JSON.parse(line) as T & { readonly msg: string; readonly time: string };
    return event.msg === name ? [{ ...event, at: Date.parse(event.time) }] : [];
  });
}
