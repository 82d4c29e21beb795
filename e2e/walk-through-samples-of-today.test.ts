import { after, before, describe, test } from 'node:test';
import { sampleFiles } from './support/bookinfo.ts';
import { namespacesRefused, TestCluster } from './support/cluster.ts';
import {
  askFromInside,
  cleanUp,
  injectByLabel,
  limitTime,
  openGateway,
  routeConnections,
  routeRequests,
  samplesAbsent,
} from './support/stories.ts';

const files = sampleFiles.istioToday;

describe("Istio's own samples (today), unmodified", {
  skip: samplesAbsent(files) || (await namespacesRefused()),
}, () => {
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
