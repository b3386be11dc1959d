import type fc from 'fast-check';

const RUNS = Number(process.env['SLUICE_SIMULATION_RUNS'] ?? 2_000);
const SEED = process.env['SLUICE_SIMULATION_SEED'];
const PATH = process.env['SLUICE_SIMULATION_PATH'];
/** Unless a number of runs was asked for, a busy machine makes fewer of them. */
const MOST_MS = process.env['SLUICE_SIMULATION_RUNS'] === undefined ? 40_000 : undefined;

/** A machine that is busier than that, for longer than that, is no reason to have seen nothing. */
const LEAST_MS = 10_000;

/** How many runs a property is given, and where it begins: see README.md. @param part of all runs */
export function effort(part: number): fc.Parameters<unknown> {
  return {
    numRuns: Math.max(1, Math.round(RUNS * part)),
    ...(MOST_MS !== undefined && { interruptAfterTimeLimit: Math.max(LEAST_MS, MOST_MS * part) }),
    ...(SEED !== undefined && { seed: Number(SEED) }),
    ...(PATH !== undefined && { path: PATH }),
  };
}
