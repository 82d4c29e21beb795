import assert from 'node:assert/strict';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { KubeObject } from '@lateen/kube';
import { readyTargets } from './backends.ts';
import { describeFailure } from './ip.ts';
import { nodePortsOf } from './node-ports.ts';
import { forward } from './relay.ts';
import { addressPorts } from './service-proxy.ts';

const service = (spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec,
});
const ports = [
  { name: 'http', port: 80, targetPort: 8080, nodePort: 30080 },
  { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
];
const slice = (endpoints: object[]): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {},
  ports: [{ name: 'http', port: 8080 }],
  endpoints,
});

test('endpoints of a port are those that are ready', () => {
  const endpoints = [
    { addresses: ['10.244.0.2'], conditions: { ready: true } },
    { addresses: ['10.244.0.3'], conditions: { ready: false } },
    { addresses: ['10.244.0.4'] },
  ];
  const addresses = (spec: object, port: number) =>
    readyTargets(service(spec), port, [slice(endpoints)]).map((target) => `${target.address}:${target.port}`);
  assert.deepEqual(addresses({ ports }, 80), ['10.244.0.2:8080', '10.244.0.4:8080']);
  assert.deepEqual(addresses({ ports }, 53), []);
  assert.deepEqual(addresses({ ports }, 81), []);
  assert.equal(addresses({ ports, publishNotReadyAddresses: true }, 80).length, 3);
});

test('where services listen', () => {
  const cluster = { clusterIP: '10.96.0.5', ports };
  assert.deepEqual(addressPorts(service(cluster)), [{ address: '10.96.0.5', port: 80 }]);
  assert.deepEqual(addressPorts(service({ ...cluster, clusterIP: 'None' })), []);
  assert.deepEqual(addressPorts(service({ type: 'ExternalName', externalName: 'x' })), []);
  const wanted = { namespace: 'shop', service: 'web', port: 80, nodePort: 30080 };
  assert.deepEqual(nodePortsOf(service({ ...cluster, type: 'LoadBalancer' })), [wanted]);
  assert.deepEqual(nodePortsOf(service({ ...cluster, type: 'ClusterIP' })), []);
});

test('a failed ip command is named', () => {
  const stderr = 'Error: Invalid prefsrc address.\nCommand failed -:2\n';
  assert.equal(describeFailure(['link a', 'route b'], stderr), 'ip route b: Error: Invalid prefsrc address.');
});

test('a connection goes to the first endpoint that answers, and half-closed ones keep their other half', async () => {
  const echo = net.createServer({ allowHalfOpen: true }, async (socket) =>
    socket.end(`got ${await text(socket)}`),
  );
  const closed = net.createServer();
  const front = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const listen = (server: net.Server) =>
    new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
    });
  const [echoPort, closedPort, frontPort] = await Promise.all([echo, closed, front].map(listen));
  await new Promise((resolve) => closed.close(resolve));
  let targets = [closedPort!, echoPort!].map((port) => ({ address: '127.0.0.1', port }));
  front.on('connection', (socket) => void forward(socket, targets));
  const client = net.connect({ port: frontPort!, host: '127.0.0.1', allowHalfOpen: true });
  client.end('this');
  assert.equal(await text(client), 'got this');
  targets = [];
  const refused = net.connect(frontPort!, '127.0.0.1');
  await new Promise<void>((resolve) => {
    refused.on('error', (error: NodeJS.ErrnoException) => {
      assert.equal(error.code, 'ECONNRESET');
      resolve();
    });
  });
  echo.close();
  front.close();
});
