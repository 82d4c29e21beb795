import assert from 'node:assert/strict';
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
} from './support/stories.ts';

const files = sampleFiles.ours;
const noEnvoy = process.env.LATEEN_ENVOY ? false : 'LATEEN_ENVOY does not name an Envoy binary';

describe('with Envoy as the data plane', { skip: noEnvoy || (await namespacesRefused()) }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.start({ profile: 'demo', dataPlane: 'envoy' });
  });
  after(() => cluster?.remove());
  test('the gateway is an Envoy', async () => {
    const info = await cluster.shell(
      'kubectl exec -n istio-system deploy/istio-ingressgateway -- pilot-agent request GET server_info',
    );
    assert.match(info.stdout, /"version": "[0-9a-f]+\/1\.\d+\.\d+\/.*BoringSSL"/, info.stderr);
  });
  test('inject by label', () => injectByLabel(cluster, files));
  test('a request from inside', () => askFromInside(cluster));
  test('the gateway shows all versions', () => openGateway(cluster, files));
  test('requests go where they are sent', () => routeRequests(cluster, files));
  test('connections go where they are sent', () => routeConnections(cluster, files));
  test('delays and timeouts', () => limitTime(cluster, files));
  test('clean up', () => cleanUp(cluster, files));
});
