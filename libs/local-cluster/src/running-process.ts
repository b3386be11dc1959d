/** How a process ended. Both are null when it could not be started at all. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What supervision needs of a live process, whatever program it runs. */
export interface RunningProcess {
  readonly pid: number | undefined;
  /** Resolves when the process is gone, for whatever reason. */
  readonly exited: Promise<ProcessExit>;
  /** Asks it to end in order (SIGTERM). */
  terminate(): void;
  /** Ends it and every process it started, at once (SIGKILL). */
  kill(): void;
}

export function describeExit({ code, signal }: ProcessExit): string {
  if (signal !== null) return `killed by ${signal}`;
  return code === null ? 'could not be started' : `exit code ${code}`;
}
