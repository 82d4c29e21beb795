import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { eventually } from '@lateen/kit/testing/eventually';
import { get, starsOf } from './support/bookinfo.ts';
import { namespacesRefused, TestCluster } from './support/cluster.ts';
import { pageUrl } from './support/stories.ts';

interface Component {
  readonly name: string;
  readonly kind: string;
  readonly pid: number;
  readonly ready: boolean;
}

describe('what goes wrong is survived', { skip: await namespacesRefused() }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.start({ demo: true });
  });
  after(() => cluster?.remove());

  const components = async (kind: string): Promise<Component[]> => {
    const { stdout } = await cluster.run('lateen', ['status', '--name', 't', '-o', 'json']);
    return JSON.parse(stdout).components.filter((component: Component) => component.kind === kind);
  };
  const restarted = (kind: string, former: number) =>
    eventually(async () => (await components(kind)).some((c) => c.pid !== former && c.pid > 0 && c.ready), {
      timeout: 40_000,
      interval: 100,
    });

  test('a control plane that dies leaves the proxies serving, and comes back', async () => {
    const [controlPlane] = await components('control-plane');
    process.kill(controlPlane!.pid, 'SIGKILL');
    assert.notEqual(starsOf((await get(pageUrl(cluster))).body), 'no page');
    await restarted('control-plane', controlPlane!.pid);
    assert.notEqual(starsOf((await get(pageUrl(cluster))).body), 'no page');
  });

  test('a proxy that dies is started again', async () => {
    const proxy = (await components('proxy')).find((component) => component.name.startsWith('productpage'))!;
    process.kill(proxy.pid, 'SIGKILL');
    await eventually(
      async () => {
        const again = (await components('proxy')).find((component) =>
          component.name.startsWith('productpage'),
        )!;
        return again.ready && again.pid !== proxy.pid;
      },
      { timeout: 40_000, interval: 100 },
    );
    await eventually(async () => starsOf((await get(pageUrl(cluster))).body) !== 'no page');
  });

  test('every write that was acknowledged before kill -9 is there after up', async () => {
    const [apiServer] = await components('api-server');
    const writes = cluster.shell(
      'for i in $(seq 1 300); do kubectl create configmap crash-$i --from-literal=n=$i >/dev/null 2>&1 && echo crash-$i; done',
    );
    await eventually(
      async () => (await cluster.kubectl('get', 'configmaps', '-o', 'name')).includes('crash-20'),
      { timeout: 60_000 },
    );
    process.kill(apiServer!.pid, 'SIGKILL');
    const acknowledged = (await writes).stdout.trim().split('\n');
    await cluster.up();
    const stored = new Set((await cluster.kubectl('get', 'configmaps', '-o', 'name')).trim().split('\n'));
    const lost = acknowledged.filter((name) => !stored.has(`configmap/${name}`));
    assert.deepEqual(lost, []);
    await eventually(async () => starsOf((await get(pageUrl(cluster))).body) !== 'no page', {
      timeout: 40_000,
    });
  });

  test('a cluster whose daemon was killed is repaired at the same address', async () => {
    const before = await cluster.kubectl(
      'config',
      'view',
      '--raw',
      '-o',
      'jsonpath={.clusters[0].cluster.server}',
    );
    const [daemon] = (await cluster.shell(`cat ${cluster.home}/h/t/run/daemon.pid`)).stdout
      .trim()
      .split('\n');
    process.kill(Number(daemon), 'SIGKILL');
    await cluster.up();
    const after = await cluster.kubectl(
      'config',
      'view',
      '--raw',
      '-o',
      'jsonpath={.clusters[0].cluster.server}',
    );
    assert.equal(after, before);
    await eventually(async () => starsOf((await get(pageUrl(cluster))).body) !== 'no page', {
      timeout: 40_000,
    });
  });

  test('down leaves nothing behind', async () => {
    const { stdout } = await cluster.run('lateen', ['status', '--name', 't', '-o', 'json']);
    const pids: number[] = JSON.parse(stdout).components.map((component: Component) => component.pid);
    await cluster.lateen(['down']);
    assert.deepEqual(
      pids.filter((pid) => pid > 0 && existsSync(`/proc/${pid}`)),
      [],
    );
    assert.deepEqual(readdirSync(`${cluster.home}/h`), []);
    await assert.rejects(get(pageUrl(cluster)), { code: 'ECONNREFUSED' });
  });
});
