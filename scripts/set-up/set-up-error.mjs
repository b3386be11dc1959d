/** What the person at the terminal can put right: printed without a stack. */
export class SetUpError extends Error {
  name = 'SetUpError';
}
