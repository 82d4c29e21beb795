import { after, before, describe, test } from 'node:test';
import { sampleFiles } from './support/bookinfo.ts';
import { namespacesRefused, TestCluster } from './support/cluster.ts';
import {
  askFromInside,
  cleanUp,
  injectByHand,
  installMesh,
  limitTime,
  openGateway,
} from './support/stories.ts';

const files = sampleFiles.ours;

describe('from an empty cluster, with sidecars injected by hand', { skip: await namespacesRefused() }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.start({ profile: 'none' });
  });
  after(() => cluster?.remove());
  test('install', () => installMesh(cluster));
  test('inject with istioctl', () => injectByHand(cluster, files));
  test('a request from inside', () => askFromInside(cluster));
  test('the gateway shows all versions', () => openGateway(cluster, files));
  test('delays and timeouts', () => limitTime(cluster, files));
  test('clean up', () => cleanUp(cluster, files));
});
