import { after, before, describe, test } from 'node:test';
import type { SampleFiles } from './bookinfo.ts';
import { namespacesRefused, TestCluster } from './cluster.ts';
import {
  askFromInside,
  cleanUp,
  injectByLabel,
  limitTime,
  openGateway,
  routeConnections,
  routeRequests,
  samplesAbsent,
} from './stories.ts';

/** The walk-through with the sample files of a release of Istio, as they are. */
export async function describeForeignSamples(files: SampleFiles): Promise<void> {
  const skip = samplesAbsent(files) || (await namespacesRefused());
  describe(`Istio's own samples (${files.name}), unmodified`, { skip }, () => {
    let cluster: TestCluster;
    before(async () => {
      cluster = await TestCluster.start({ profile: 'demo' });
    });
    after(() => cluster?.remove());
    test('inject by label', () => injectByLabel(cluster, files));
    test('a request from inside', () => askFromInside(cluster));
    test('the gateway shows all versions', () => openGateway(cluster, files));
    test('requests go where they are sent', () => routeRequests(cluster, files));
    test('connections go where they are sent', () => routeConnections(cluster, files));
    test('delays and timeouts', () => limitTime(cluster, files));
    test('clean up', () => cleanUp(cluster, files));
  });
}
