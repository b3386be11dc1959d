import { parentPort } from 'node:worker_threads';
import { messageOf, SluiceError } from '@sluice/contracts';
import { movable, type CodecAnswer } from './codec-messages.js';
import { doCodecWork, type CodecResults, type CodecWork } from './codec-work.js';

/** A thread that reads and writes large JSON, one piece of work after the other. */
parentPort?.on('message', (work: CodecWork) => {
  const answer = answerTo(work);
  parentPort?.postMessage(answer, 'value' in answer ? movedBy(answer.value) : []);
});

function answerTo(work: CodecWork): CodecAnswer {
  try {
    return { value: doCodecWork(work) };
  } catch (error) {
    return error instanceof SluiceError ? { error: error.toBody() } : { fault: messageOf(error) };
  }
}

function movedBy(value: CodecResults[keyof CodecResults]): ArrayBuffer[] {
  const bytes = 'payload' in value ? value.payload : value.body;
  return typeof bytes === 'string' ? [] : movable(bytes);
}
