const DAY_MS = 24 * 60 * 60 * 1000;
const MEGABYTE = 1024 * 1024;

/** More than are ever needed: nothing of it is to matter here. */
export const GENEROUS_SETTINGS = {
  leaseMs: 3_000,
  maxPayloadBytes: MEGABYTE,
  maxResultBytes: MEGABYTE,
  maxWaiting: 100_000,
  maxWaitingBytes: 100 * MEGABYTE,
  keepResultsMs: 60_000,
  keepAtMostMs: DAY_MS,
  maxKeptJobs: 100_000,
  maxKeptBytes: 100 * MEGABYTE,
};
