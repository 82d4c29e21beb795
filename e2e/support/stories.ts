import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '@lateen/kit/testing/eventually';
import { countStars, get, type SampleFiles, signIn, starsOf } from './bookinfo.ts';
import { projectRoot, type TestCluster } from './cluster.ts';

/**
 * The walk-through's stories. Each takes a cluster in which the mesh is installed, and sample files, and leaves the cluster as
 * the next one in the walk-through expects it.
 */
export const pageUrl = (cluster: TestCluster): string => `http://${cluster.address}:31380/productpage`;

const apply = (cluster: TestCluster, ...files: string[]) =>
  cluster.kubectl('apply', ...files.flatMap((file) => ['-f', file]));

const crdFolder = path.join(projectRoot, 'install/kubernetes/helm/istio-init/files');

/** Step 1: the CRDs, control plane and gateway, as a release's own folder has them. */
export async function installMesh(cluster: TestCluster): Promise<void> {
  await cluster.kubectl('apply', '-f', crdFolder);
  await apply(cluster, path.join(projectRoot, 'install/kubernetes/istio-demo.yaml'));
  await cluster.waitForPods('istio-system');
  const services = await cluster.kubectl('get', 'svc', '-n', 'istio-system');
  assert.match(
    services,
    /istio-ingressgateway\s+LoadBalancer\s+\S+\s+<pending>\s+80:31380\/TCP,443:31390\/TCP,31400:31400\/TCP/,
  );
}

/** Step 2a: sidecars put in by hand. */
export async function injectByHand(cluster: TestCluster, files: SampleFiles): Promise<void> {
  const result = await cluster.shell(`kubectl apply -f <(istioctl kube-inject -f ${files.bookinfo})`);
  assert.equal(result.code, 0, result.stderr);
  await expectSidecars(cluster);
}

/** Step 2b: sidecars put in by the cluster. */
export async function injectByLabel(cluster: TestCluster, files: SampleFiles): Promise<void> {
  await cluster.kubectl('label', 'namespace', 'default', 'istio-injection=enabled', '--overwrite');
  await apply(cluster, files.bookinfo);
  await expectSidecars(cluster);
}

async function expectSidecars(cluster: TestCluster): Promise<void> {
  await eventually(
    async () => {
      const pods = (await cluster.kubectl('get', 'pods', '--no-headers')).trim();
      assert.equal(pods.split('\n').length, 6, pods);
      for (const line of pods.split('\n')) assert.match(line, /\s2\/2\s+Running\s/);
    },
    { timeout: 60_000, interval: 100 },
  );
}

/** Step 3: a request from inside the mesh. */
export async function askFromInside(cluster: TestCluster): Promise<void> {
  const line = `kubectl exec $(kubectl get pod -l app=ratings -o jsonpath='{.items[0].metadata.name}') -c ratings -- curl -s productpage:9080/productpage | grep -o "<title>.*</title>"`;
  await eventually(async () => {
    const result = await cluster.shell(line);
    assert.equal(result.stdout.trim(), '<title>Simple Bookstore App</title>', result.stderr);
  });
}

/** Step 4: the gateway, and three versions in turn. */
export async function openGateway(cluster: TestCluster, files: SampleFiles): Promise<void> {
  await apply(cluster, path.join(files.networking, 'bookinfo-gateway.yaml'));
  assert.match(await cluster.kubectl('get', 'gateway'), /bookinfo-gateway/);
  const seen = new Set<string>();
  await eventually(
    async () => {
      seen.add(starsOf((await get(pageUrl(cluster))).body));
      return ['none', 'black', 'red'].every((stars) => seen.has(stars));
    },
    { timeout: 30_000, interval: 5 },
  );
}

/** Step 5: rules for versions, users and shares. */
export async function routeRequests(cluster: TestCluster, files: SampleFiles): Promise<void> {
  const url = pageUrl(cluster);
  const file = (name: string) => path.join(files.networking, name);
  await apply(cluster, file('destination-rule-all.yaml'), file('virtual-service-all-v1.yaml'));
  assert.match(await cluster.kubectl('get', 'destinationrules', '-o', 'yaml'), /name: reviews/);
  assert.match(await cluster.kubectl('get', 'virtualservices', '-o', 'yaml'), /subset: v1/);
  await expectAll(url, 'none');

  await apply(cluster, file('virtual-service-reviews-test-v2.yaml'));
  const jason = await signIn(url, 'jason');
  await expectAll(url, 'black', jason);
  await expectAll(url, 'none', await signIn(url, 'someone'));
  await expectAll(url, 'none');

  await apply(cluster, file('virtual-service-all-v1.yaml'), file('virtual-service-reviews-50-v3.yaml'));
  await eventually(async () => (await countStars(url, 4)).red !== undefined);
  expectShare(await countStars(url, 60), 'red', 0.5, 0.25);

  await apply(cluster, file('virtual-service-reviews-90-10.yaml'));
  await eventually(async () => (await countStars(url, 10)).red === undefined);
  assert.equal((await countStars(url, 20)).red, undefined);

  await apply(cluster, file('virtual-service-reviews-v3.yaml'));
  await expectAll(url, 'red');
}

/** First until the change has arrived, then for good. */
async function expectAll(url: string, stars: string, cookie?: string): Promise<void> {
  await eventually(async () => (await countStars(url, 1, cookie))[stars] === 1);
  assert.deepEqual(await countStars(url, 10, cookie), { [stars]: 10 });
}

function expectShare(seen: Record<string, number>, key: string, share: number, tolerance: number): void {
  const total = Object.values(seen).reduce((sum, count) => sum + count, 0);
  const actual = (seen[key] ?? 0) / total;
  assert.ok(
    Math.abs(actual - share) < tolerance,
    `${key}: ${actual} of ${JSON.stringify(seen)}, expected about ${share}`,
  );
}

/** Step 6: connections instead of requests. */
export async function routeConnections(cluster: TestCluster, files: SampleFiles): Promise<void> {
  await cluster.kubectl('label', 'namespace', 'default', 'istio-injection=enabled', '--overwrite');
  await apply(cluster, path.join(files.tcpEcho, 'tcp-echo-services.yaml'));
  await cluster.waitForPods('default', 'app=tcp-echo');
  await apply(cluster, path.join(files.tcpEcho, 'tcp-echo-all-v1.yaml'));
  const port = await cluster.kubectl(
    '-n',
    'istio-system',
    'get',
    'service',
    'istio-ingressgateway',
    '-o',
    `jsonpath={.spec.ports[?(@.name=="tcp")].port}`,
  );
  assert.equal(port, '31400');
  const ask = async () =>
    (
      await cluster.shell(`(echo hello; sleep 0.3) | timeout 10 nc -w 1 ${cluster.address} ${port}`)
    ).stdout.trim();
  await eventually(async () => assert.equal(await ask(), 'one hello'), { timeout: 20_000 });
  await apply(cluster, path.join(files.tcpEcho, 'tcp-echo-20-v2.yaml'));
  await eventually(async () => (await askMany(ask, 8)).two !== undefined, { timeout: 40_000 });
  const seen = await askMany(ask, 40);
  assert.equal((seen.one ?? 0) + (seen.two ?? 0), 40, JSON.stringify(seen));
  assert.ok((seen.two ?? 0) >= 1 && (seen.two ?? 0) <= 20, JSON.stringify(seen));
  assert.match(await cluster.kubectl('get', 'virtualservice', 'tcp-echo', '-o', 'yaml'), /weight: 20/);
}

async function askMany(ask: () => Promise<string>, count: number): Promise<Record<string, number>> {
  const answers = await Promise.all(Array.from({ length: count }, ask));
  const seen: Record<string, number> = {};
  for (const answer of answers) {
    const key = answer.split(' ')[0] ?? '';
    seen[key] = (seen[key] ?? 0) + 1;
  }
  return seen;
}

const manifest = (name: string, http: string) => `apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
metadata:
  name: ${name}
spec:
  hosts:
  - ${name}
  http:
${http}`;

const reviewsV2 = (timeout: string) =>
  manifest(
    'reviews',
    `  - route:\n    - destination:\n        host: reviews\n        subset: v2\n${timeout}`,
  );

const delayedRatings = manifest(
  'ratings',
  '  - fault:\n      delay:\n        percent: 100\n        fixedDelay: 2s\n    route:\n    - destination:\n        host: ratings\n        subset: v1\n',
);

/** Step 7: delays, timeouts, and the caller's own timeout header. */
export async function limitTime(cluster: TestCluster, files: SampleFiles): Promise<void> {
  const url = pageUrl(cluster);
  await apply(
    cluster,
    path.join(files.networking, 'destination-rule-all.yaml'),
    path.join(files.networking, 'virtual-service-all-v1.yaml'),
  );
  await cluster.applyText(reviewsV2(''));
  await cluster.applyText(delayedRatings);
  await eventually(
    async () => {
      const page = await get(url);
      assert.equal(starsOf(page.body), 'black');
      assert.ok(page.elapsed >= 1900 && page.elapsed < 4000, `${page.elapsed} ms`);
    },
    { timeout: 20_000 },
  );

  await expectCallerTimeout(cluster);

  await cluster.applyText(reviewsV2('    timeout: 0.5s\n'));
  await eventually(
    async () => {
      const page = await get(url);
      assert.match(page.body, /Sorry, product reviews are currently unavailable for this book\./);
      assert.ok(page.elapsed >= 950 && page.elapsed < 1900, `${page.elapsed} ms`);
    },
    { timeout: 20_000 },
  );
}

/** A call from productpage to reviews that says how long it wants to wait. */
async function expectCallerTimeout(cluster: TestCluster): Promise<void> {
  const command =
    `kubectl exec deploy/productpage-v1 -c productpage -- curl -s -o /dev/null -w '%{http_code} %{time_total}' ` +
    `-H 'x-envoy-upstream-rq-timeout-ms: 300' http://reviews:9080/reviews/0`;
  await eventually(async () => {
    const [status, seconds] = (await cluster.shell(command)).stdout.split(' ');
    assert.equal(status, '504');
    assert.ok(Number(seconds) >= 0.29 && Number(seconds) < 1.5, `${seconds} s`);
  });
}

/** Step 8: what was applied goes away again. */
export async function cleanUp(cluster: TestCluster, files: SampleFiles): Promise<void> {
  const folder = files.networking;
  await cluster.kubectl(
    'delete',
    '--ignore-not-found',
    '-f',
    path.join(folder, 'virtual-service-all-v1.yaml'),
    '-f',
    path.join(folder, 'destination-rule-all.yaml'),
  );
  const tcpEcho = ['tcp-echo-all-v1.yaml', 'tcp-echo-services.yaml'].flatMap((name) => [
    '-f',
    path.join(files.tcpEcho, name),
  ]);
  await cluster.kubectl('delete', '--ignore-not-found', ...tcpEcho);
  await cluster.kubectl('delete', '-f', path.join(folder, 'bookinfo-gateway.yaml'), '-f', files.bookinfo);
  await eventually(
    async () => assert.equal(await cluster.kubectl('get', 'pods', '--no-headers', '--ignore-not-found'), ''),
    {
      timeout: 40_000,
    },
  );
}

/** Whether a set of sample files is on this machine. */
export function samplesAbsent(files: SampleFiles): string | false {
  try {
    readFileSync(files.bookinfo);
    return false;
  } catch {
    return `${files.name}: these samples are not on this machine`;
  }
}
