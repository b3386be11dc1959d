import type { Cluster } from '@sluice/cluster';
import type { InferenceEngine, LoadedModel } from '@sluice/inference-engine';
import type { JobQueue } from '@sluice/job-queue';
import type { Clock } from '@sluice/clock';
import { divert } from './divert.js';
import type { FaultLayer } from './fault-layer.js';

/** A queue as a process sees it. @param skewMs what its idea of the queue's clock is off by, now */
export function faultyQueue(queue: JobQueue, layer: FaultLayer, clock: Clock, skewMs: () => number): JobQueue {
  const waitForWork: JobQueue['waitForWork'] = async (queues, timeoutMs, signal) => {
    const until = clock.now() + timeoutMs;
    for (;;) {
      const woken = await queue.waitForWork(queues, Math.max(0, until - clock.now()), signal);
      if (woken === undefined || !layer.happens('lostWakeUp')) return woken;
      layer.note(`the wake-up for ${woken} is lost`);
    }
  };
  const listenForReplies: JobQueue['listenForReplies'] = (replyTo, onReplies, onGap) => {
    const hear: typeof onReplies = (replies) => {
      if (!layer.happens('lostReply')) return onReplies(replies);
      layer.note(`replies to ${replies.map(({ jobId }) => jobId).join()} are lost`);
    };
    return queue.listenForReplies(replyTo, hear, onGap);
  };
  const faulty = layer.around(queue, ['now', 'start', 'stop', 'waitForWork', 'listenForReplies']);
  return divert(faulty, { waitForWork, listenForReplies, now: () => queue.now() + skewMs() });
}

/** A cluster as a process sees it. */
export function faultyCluster(cluster: Cluster, layer: FaultLayer): Cluster {
  const faulty = layer.around(cluster, ['announceRun', 'start', 'stop', 'watchAssignment', 'watchModelStates']);
  // On one connection what is said first is heard first: a report never takes the place of a later one.
  const inOrder = ordered();
  const join: Cluster['join'] = (report) => inOrder(() => faulty.join(report));
  const update: Cluster['update'] = (report) => inOrder(() => faulty.update(report));
  return divert(faulty, { join, update });
}

/** Calls that wait for those before them. */
function ordered(): (call: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve();
  return (call) => {
    const made = last.then(call);
    last = made.catch(() => {});
    return made;
  };
}

/** A device as its process sees it: behind a thread, whose messages take their time too. */
export function faultyEngine(engine: InferenceEngine, layer: FaultLayer): InferenceEngine {
  const load: InferenceEngine['load'] = async (source) => {
    const model = await layer.local(() => engine.load(source));
    const run: LoadedModel['run'] = (batch) => layer.local(() => model.run(batch));
    return divert(model, { run });
  };
  return divert(engine, { load });
}
