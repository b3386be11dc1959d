const ALWAYS_ZERO = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Blocks the calling thread, as a run does, without burning the CPU that the rest of a test needs. Late by what the
 * operating system takes to wake a thread (about 0.1 ms when it is idle), never early. Not for the main thread.
 */
export function blockFor(ms: number): void {
  const until = performance.now() + ms;
  for (let left = ms; left > 0; left = until - performance.now()) Atomics.wait(ALWAYS_ZERO, 0, 0, left);
}
