import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '@lateen/kit/testing/eventually';
import { sampleFiles } from './support/bookinfo.ts';
import { namespacesRefused, TestCluster } from './support/cluster.ts';
import { askFromInside, openGateway, routeConnections, routeRequests } from './support/stories.ts';

const files = sampleFiles.ours;

describe('what npm start gives', { skip: await namespacesRefused() }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.start({ demo: true });
  });
  after(() => cluster?.remove());
  test('applying the same files again changes nothing', async () => {
    const answer = await cluster.kubectl(
      'apply',
      '-f',
      files.bookinfo,
      '-f',
      `${files.networking}/bookinfo-gateway.yaml`,
    );
    for (const line of answer.trim().split('\n')) assert.match(line, / unchanged$/);
  });
  test('a request from inside', () => askFromInside(cluster));
  test('the gateway shows all versions', () => openGateway(cluster, files));
  test('requests go where they are sent', () => routeRequests(cluster, files));
  test('connections go where they are sent', () => routeConnections(cluster, files));
  test('a namespace without the label stays without sidecars and can talk to the mesh', async () => {
    await cluster.kubectl('create', 'namespace', 'plain');
    await cluster.kubectl('apply', '-n', 'plain', '-f', 'samples/sleep/sleep.yaml');
    await cluster.waitForPods('plain');
    assert.match(await cluster.kubectl('get', 'pods', '-n', 'plain', '--no-headers'), /\s1\/1\s+Running/);
    await eventually(async () => {
      const result = await cluster.shell(
        'kubectl exec -n plain deploy/sleep -- curl -s http://productpage.default:9080/productpage',
      );
      assert.match(result.stdout, /Simple Bookstore App/);
    });
  });
});
