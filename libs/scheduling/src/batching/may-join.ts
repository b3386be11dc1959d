/** What decides which requests run together. */
export interface Batchable {
  /** Requests with the same key can be concatenated along the batch dimension. */
  readonly batchKey: string;
  /** Rows that the request brings. */
  readonly rows: number;
  /** Runs by itself, whatever the others are. */
  readonly alone: boolean;
}

/**
 * May a request join a batch that is being formed? A batch never mixes keys and never exceeds `maxRows`; a request that
 * runs alone neither joins nor is joined.
 */
export function mayJoin(batch: readonly Batchable[], request: Batchable, maxRows: number): boolean {
  const [head] = batch;
  if (!head) return true;
  if (head.alone || request.alone || head.batchKey !== request.batchKey) return false;
  return rowsOf(batch) + request.rows <= maxRows;
}

export function rowsOf(batch: readonly Batchable[]): number {
  return batch.reduce((sum, { rows }) => sum + rows, 0);
}
