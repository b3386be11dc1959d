/** One command of `sluice`. */
export interface Command {
  /** One line for the help text. */
  readonly summary: string;
  /**
   * @param args what follows the command's name
   * @returns the process's exit code
   * @throws UsageError when the person at the terminal can put it right
   */
  run(args: readonly string[]): Promise<number>;
}
