/**
 * Long work for the device, cut in slices. Between two of them the device belongs to whoever has the turn; what needs no
 * device is done before the first and in `conclude`.
 */
export interface SlicedWork {
  /** Each `next` runs one slice, and yields the device time that it took, in ms. */
  readonly slices: AsyncGenerator<number, void>;

  /** After the last slice. @returns the job's result */
  conclude(): Promise<Uint8Array>;

  /** Once, however it ends. */
  close(): void;
}

/** What is being worked on, for whoever looks. */
export interface WorkProgress {
  readonly name: string;
  /** 0 to 1. */
  readonly progress: number;
}
