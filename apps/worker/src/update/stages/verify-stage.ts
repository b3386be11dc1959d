import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { SluiceError, type VerifyJob, type VerifyResult } from '@sluice/contracts';
import { ContentStore, ModelStore } from '@sluice/model-store';
import type { SlicedWork } from '../sliced-work.js';
import type { StageContext, UpdateStage } from '../update-stage.js';
import { finishedWork } from './finished-work.js';
import { storedVersion } from './stored-version.js';

/**
 * The pace: after so many bytes a pause, in which whatever else waits on this thread is done. Hashing a mebibyte takes 0.6
 * to 2.5 ms, in parts of 64 KiB; so a gibibyte is read in about five seconds, and most of that is left to inference.
 */
const BYTES_AT_ONCE = 2 ** 20;
const PAUSE_MS = 4;

/** Compares the bytes of a version with its digests, as they lie in the store. */
@Injectable()
export class VerifyStage implements UpdateStage<VerifyJob> {
  readonly kind = 'verify';

  constructor(
    private readonly store: ModelStore,
    private readonly content: ContentStore,
    private readonly clock: Clock,
  ) {}

  /** @throws SluiceError invalid_request naming the files that are damaged or missing, and what to do */
  async prepare(job: VerifyJob, { onProgress, signal }: StageContext): Promise<SlicedWork> {
    const stored = await storedVersion(this.store, job);
    // Of what somebody has put into the folder of models nobody has said what it should be.
    if (!stored.isPushed) return finishedWork({ kind: 'verify', files: 1, bytes: stored.bytes });
    return finishedWork(await this.verify(job, onProgress, signal));
  }

  private async verify(
    job: VerifyJob,
    onProgress: (progress: number) => void,
    signal: AbortSignal,
  ): Promise<VerifyResult> {
    const { files } = await this.content.manifest(job);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    let [read, untilPause] = [0, BYTES_AT_ONCE];
    const onRead = async (part: number) => {
      signal.throwIfAborted();
      onProgress((read += part) / bytes);
      untilPause -= part;
      if (untilPause > 0) return;
      untilPause = BYTES_AT_ONCE;
      await this.clock.sleep(PAUSE_MS);
    };
    const faults: string[] = [];
    for (const { path, digest } of files) {
      const state = await this.content.verify(digest, onRead);
      if (state !== 'sound') faults.push(`${path} is ${state}`);
    }
    if (faults.length === 0) return { kind: 'verify', files: files.length, bytes };
    const { model, version } = job;
    throw new SluiceError(
      'invalid_request',
      `in the model store, ${faults.join(', ')}: upload the same bytes again as version ${version} of ${model}, ` +
        'and look at the disk',
    );
  }
}
