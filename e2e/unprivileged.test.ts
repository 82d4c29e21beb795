import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sampleFiles } from './support/bookinfo.ts';
import { namespacesRefused, TestCluster } from './support/cluster.ts';
import { askFromInside, injectByLabel, openGateway } from './support/stories.ts';

const files = sampleFiles.ours;
const nobody = 65534;
const notRoot = process.getuid?.() === 0 ? false : 'the other tests already run without privileges';

describe('as a user without privileges', { skip: notRoot || (await namespacesRefused()) }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.start({ profile: 'demo', uid: nobody });
  });
  after(() => cluster?.remove());
  test('nothing runs as root', async () => {
    const status = JSON.parse(await cluster.lateen(['status', '-o', 'json']));
    assert.equal(status.ready, true);
    const users = await cluster.shell(`ps -o uid= -p ${status.components.map((c: any) => c.pid).join(',')}`);
    assert.deepEqual([...new Set(users.stdout.split(/\s+/).filter(Boolean))], [String(nobody)]);
  });
  test('inject by label', () => injectByLabel(cluster, files));
  test('a request from inside', () => askFromInside(cluster));
  test('the gateway shows all versions', () => openGateway(cluster, files));
});
