import type { ClusterFixture } from './cluster-fixture.js';
import { describeCoordination } from './coordination.js';
import { describePresence } from './presence.js';
import { describeRecords } from './records.js';

/** What every adapter of the cluster does, in simulation and on Redis alike. */
export function describeCluster(name: string, open: () => Promise<ClusterFixture>): void {
  describe(`${name} is a cluster`, () => {
    let fixture: ClusterFixture;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(() => fixture.close());

    const at = () => fixture;
    describePresence(at);
    describeRecords(at);
    describeCoordination(at);
  });
}
