import { describeBacklog } from './backlog.js';
import { describeHistory } from './history.js';
import { describeInspection } from './inspection.js';
import { describeLeasing } from './leasing.js';
import { describeLimits } from './limits.js';
import { describeListening } from './listening.js';
import { QueueUnderTest, type JobQueueFixture } from './queue-under-test.js';
import { describeRecovery } from './recovery.js';
import { describeReplies } from './replies.js';
import { describeRetention } from './retention.js';
import { describeRemoval } from './removal.js';
import { describeSettling } from './settling.js';

/** What every adapter of the queue does, in simulation and on Redis alike. */
export function describeJobQueue(name: string, open: () => Promise<JobQueueFixture>): void {
  describe(`${name} is a job queue`, () => {
    let underTest: QueueUnderTest;
    beforeEach(async () => {
      underTest = new QueueUnderTest(await open());
    });
    afterEach(() => underTest.close());

    const at = () => underTest;
    describeLeasing(at);
    describeSettling(at);
    describeReplies(at);
    describeRecovery(at);
    describeLimits(at);
    describeListening(at);
    describeBacklog(at);
    describeRemoval(at);
    describeRetention(at);
    describeInspection(at);
    describeHistory(at);
  });
}
