import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from '@lateen/kit/testing/eventually';
import { createKubeClient, type KubeObject, resources } from '@lateen/kube';
import { FakeServer } from '@lateen/kube/testing/fake-server';
import { WebSocket } from 'ws';
import { checkNamespaces } from './check-namespaces.ts';
import { nodeCommand } from './command.ts';

const projectRoot = path.resolve(import.meta.dirname, '../../../..');
const check = await checkNamespaces();
const skip = check.ok ? false : check.problem;

let directory: string;
let api: FakeServer;
let bridge: net.Server;
let node: ChildProcess;

before(async () => {
  if (skip) return;
  directory = mkdtempSync(path.join(os.tmpdir(), 'lateen-node-'));
  api = new FakeServer();
  const url = new URL(await api.start());
  // The node has no way to the host's loopback, but Unix sockets lead out.
  bridge = net.createServer((socket) => {
    const upstream = net.connect(Number(url.port), url.hostname);
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) end.on('error', () => {});
  });
  await new Promise<void>((resolve) => bridge.listen(path.join(directory, 'api.sock'), resolve));
  for (const name of ['default', 'kube-system']) {
    api.put(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  node = startNode();
  await new Promise((resolve, reject) => {
    node.once('message', resolve);
    node.once('exit', () => reject(new Error('the node ended')));
  });
});

after(async () => {
  if (skip) return;
  node.kill('SIGKILL');
  bridge.close();
  await api.stop();
  rmSync(directory, { recursive: true, force: true });
});

function startNode(): ChildProcess {
  const program = path.join(import.meta.dirname, 'testing/node-program.ts');
  const [command, ...args] = nodeCommand([process.execPath, program, directory, projectRoot]);
  return spawn(command!, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function makePod(
  name: string,
  spec: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
): KubeObject {
  const containers = spec.containers ?? [];
  return api.put(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, ...metadata },
    spec: { nodeName: 'lateen-node', restartPolicy: 'Always', ...spec, containers },
  });
}

async function readPod(name: string): Promise<KubeObject> {
  const client = createKubeClient({
    server: 'http://localhost',
    socketPath: path.join(directory, 'api.sock'),
  });
  try {
    return await client.get(resources.pods, name, 'default');
  } finally {
    client.close();
  }
}

const isReady = async (name: string) => {
  const pod = await readPod(name);
  const ready = pod.status?.conditions?.find((condition: any) => condition.type === 'Ready');
  assert.equal(ready?.status, 'True');
  return pod;
};

function ask(target: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.get({ socketPath: path.join(directory, 'node.sock'), path: target }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
    request.on('error', reject);
  });
}

/** Runs a program in a container as kubectl does; what it wrote and its status. */
function exec(
  pod: string,
  container: string,
  ...command: string[]
): Promise<{ output: string; status: any }> {
  const query = command.map((word) => `command=${encodeURIComponent(word)}`).join('&');
  const socket = new WebSocket(
    `ws+unix://${path.join(directory, 'node.sock')}:/exec/default/${pod}/${container}?${query}&output=1&error=1`,
    'v5.channel.k8s.io',
  );
  return new Promise((resolve, reject) => {
    let output = '';
    let status: any;
    socket.on('message', (data: Buffer) => {
      if (data[0] === 3) status = JSON.parse(data.toString('utf8', 1));
      else output += data.toString('utf8', 1);
    });
    socket.on('close', () => resolve({ output, status }));
    socket.on('error', reject);
  });
}

const server = `require('http').createServer((q, r) => r.end('hello from ' + process.env.HOSTNAME)).listen(8080)`;

test('a pod runs with its volumes and variables, and its programs can be looked into', { skip }, async () => {
  api.put(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { colour: 'red' },
  });
  makePod('whole', {
    initContainers: [
      {
        name: 'first',
        image: 'busybox',
        command: ['sh', '-c', 'echo done > /shared/first'],
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
      },
    ],
    containers: [
      {
        name: 'main',
        image: 'busybox',
        command: ['sh', '-c', 'echo started with $COLOUR; exec sleep 1000'],
        env: [{ name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } }],
        volumeMounts: [
          { name: 'shared', mountPath: '/shared' },
          { name: 'settings', mountPath: '/usr/share/settings' },
        ],
      },
    ],
    volumes: [
      { name: 'shared', emptyDir: {} },
      { name: 'settings', configMap: { name: 'settings' } },
    ],
  });
  const pod = await eventually(() => isReady('whole'));
  assert.equal(pod.status.phase, 'Running');
  assert.match(pod.status.podIP, /^10\.244\.0\.\d+$/);
  assert.equal(pod.status.initContainerStatuses[0].state.terminated.reason, 'Completed');
  await eventually(async () => {
    assert.equal((await ask('/containerLogs/default/whole/main')).body, 'started with red\n');
  });
  const { output, status } = await exec(
    'whole',
    'main',
    'sh',
    '-c',
    'cat /shared/first; hostname; cat /usr/share/settings/colour; touch /usr/x; exit 7',
  );
  assert.match(output, /^done\nwhole\nredtouch:.*Read-only/);
  assert.equal(status.reason, 'NonZeroExitCode');
  assert.equal(status.details.causes[0].message, '7');
  const missing = await exec('whole', 'main', 'nosuchprogram');
  assert.match(missing.status.message, /executable file not found in \$PATH/);
});

test('services are reached by name, and a probe passes the sidecar by', { skip }, async () => {
  makePod('web', {
    containers: [
      {
        name: 'web',
        image: 'busybox',
        command: [process.execPath, '-e', server],
        readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
      },
      { name: 'istio-proxy', image: 'busybox', command: ['sleep', '1000'] },
    ],
  });
  makePod('client', { containers: [{ name: 'main', image: 'busybox', command: ['sleep', '1000'] }] });
  const { status } = await eventually(() => isReady('web'));
  api.put(resources.services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIP: '10.96.7.7', ports: [{ port: 80, targetPort: 8080 }] },
  });
  api.put(resources.endpointSlices, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080 }],
    endpoints: [{ addresses: [status.podIP], conditions: { ready: true } }],
  } as KubeObject);
  await eventually(() => isReady('client'));
  const fetchWeb = `fetch('http://web').then(r => r.text()).then(console.log)`;
  await eventually(async () => {
    assert.equal((await exec('client', 'main', process.execPath, '-e', fetchWeb)).output, 'hello from web\n');
  });
});

test('what cannot run says why', { skip }, async () => {
  makePod('unknown', { containers: [{ name: 'main', image: 'nobody/knows:1' }] });
  makePod('crashing', { containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', 'exit 3'] }] });
  makePod('once', {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: 'busybox', command: ['true'] }],
  });
  await eventually(async () => {
    const { state } = (await readPod('unknown')).status.containerStatuses[0];
    assert.match(state.waiting.message, /lateen image add nobody\/knows:1 -- COMMAND/);
  });
  await eventually(async () => {
    const { state, lastState, restartCount } = (await readPod('crashing')).status.containerStatuses[0];
    assert.equal(state.waiting.reason, 'CrashLoopBackOff');
    assert.equal(lastState.terminated.exitCode, 3);
    assert.equal(restartCount, 1);
  });
  await eventually(async () => assert.equal((await readPod('once')).status.phase, 'Succeeded'));
});

test('a deleted pod ends and leaves the API and the disk', { skip }, async () => {
  const pod = makePod('leaving', {
    containers: [{ name: 'main', image: 'busybox', command: ['sleep', '1000'] }],
  });
  await eventually(() => isReady('leaving'));
  const { status } = await readPod('leaving');
  api.put(resources.pods, {
    ...pod,
    status,
    metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 },
  });
  await eventually(() => assert.rejects(readPod('leaving'), { code: 404 }));
  await eventually(() => assert.ok(!readdirSync(path.join(directory, 'node/pods')).includes('leaving')));
});

test('a node that is killed leaves no process, and its pods run again on the next', { skip }, async () => {
  const running = JSON.parse((await ask('/containers')).body) as { container: string }[];
  assert.ok(running.length > 0);
  const inside = Number(readFileSync(`/proc/${node.pid}/task/${node.pid}/children`, 'utf8').trim());
  const ended = new Promise((resolve) => node.once('exit', resolve));
  process.kill(inside, 'SIGKILL');
  await ended;
  assert.throws(() => process.kill(inside, 0), { code: 'ESRCH' });
  node = startNode();
  await new Promise((resolve) => node.once('message', resolve));
  const pod = await eventually(async () => {
    const found = await readPod('client');
    assert.equal(found.status.containerStatuses[0].restartCount, 1);
    return found;
  });
  assert.equal(pod.status.containerStatuses[0].lastState.terminated.exitCode, 255);
});
