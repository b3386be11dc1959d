/** Which models the workers with a budget shall have in memory, as their coordinator decided. */
export interface ModelAssignment {
  /** Greater by one with each decision. */
  readonly generation: number;
  /** Queue names of versions, by worker. A worker that is not named keeps what it has. */
  readonly workers: Readonly<Record<string, readonly string[]>>;
  /** Versions that are asked for and in nobody's memory, because there is no room for them. */
  readonly noRoom: readonly string[];
}
