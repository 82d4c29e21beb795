import { existsSync, readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Clock, silentLog, systemClock } from '@lateen/kit';
import type { KubeClient } from '@lateen/kube/types';
import { type Assembly, assemble, internalUser } from './assemble.ts';
import { authenticateRequest } from './authentication.ts';
import { bootstrapObjects } from './bootstrap/objects.ts';
import { bootstrapRoles } from './bootstrap/roles.ts';
import { LocalKubeClient } from './client.ts';
import { type ClusterCredentials, kubeconfigText, loadCredentials, writePrivate } from './credentials.ts';
import { type Backend, closeListener, createApiListener, listen } from './http/listen.ts';
import type { ApiServerOptions } from './options.ts';
import type { User } from './request.ts';
import { addressText, parseCidr } from './service/pool.ts';

export interface ApiServer {
  /** `https://ADDRESS:PORT`. */
  readonly url: string;
  readonly address: string;
  readonly port: number;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** PEM of the authority that signed the server's certificate: what kube-root-ca.crt holds. */
  readonly caCertificate: string;
  /** A client without a connection; a member of system:masters unless told otherwise. */
  client(user?: User): KubeClient;
  close(): Promise<void>;
}

/** Starts an API server on the state in `options.stateDir`; resolves when it answers. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const clock = options.clock ?? systemClock;
  const address = options.address ?? '127.0.0.1';
  const serviceCidr = options.serviceCidr ?? '10.96.0.0/12';
  const serviceAddress = addressText(parseCidr(serviceCidr).first);
  const credentials = loadCredentials({
    directory: join(options.stateDir, 'pki'),
    now: clock.now(),
    ipAddresses: [...new Set([address, '127.0.0.1', '::1', serviceAddress])],
    dnsNames: [
      'localhost',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
    ],
  });
  const backend = Promise.withResolvers<Backend>();
  // Listening comes first: who gets the port owns the store.
  const servers = await openServers(options, address, credentials, backend.promise);
  const closeServers = () => Promise.all(servers.map(closeListener));
  const assembly = await openAssembly({ ...options, serviceCidr }, credentials, clock, closeServers);
  backend.resolve({
    authenticate: (incoming) => authenticateRequest(incoming, assembly.core.tokens),
    handle: assembly.handle,
    upgrade: assembly.upgrade,
  });
  const { port } = servers[0]!.address() as AddressInfo;
  const url = `https://${address.includes(':') ? `[${address}]` : address}:${port}`;
  const client = (user: User = internalUser) => new LocalKubeClient(assembly.handle, user);
  await Promise.all([
    bootstrapRoles(assembly.core),
    bootstrapObjects(client(), { serviceCidr, serviceAddress, address, port }),
  ]);
  const kubeconfig = writeKubeconfig(options, url, port, credentials);
  let closing: Promise<void> | undefined;
  return {
    url,
    address,
    port,
    kubeconfig,
    caCertificate: credentials.authority.certificate,
    client,
    close() {
      closing ??= closeServers().then(() => assembly.close());
      return closing;
    },
  };
}

async function openAssembly(
  options: ApiServerOptions & { serviceCidr: string },
  credentials: ClusterCredentials,
  clock: Clock,
  undo: () => Promise<unknown>,
): Promise<Assembly> {
  try {
    return assemble(options, credentials, clock);
  } catch (error) {
    await undo();
    throw error;
  }
}

async function openServers(
  options: ApiServerOptions,
  host: string,
  credentials: ClusterCredentials,
  backend: Promise<Backend>,
): Promise<Server[]> {
  const { certificate, privateKey } = credentials.server;
  const shown = { certificate, privateKey, authority: credentials.authority.certificate };
  const make = () => createApiListener(shown, options.log ?? silentLog, backend);
  const servers = [make()];
  try {
    await listen(servers[0]!, { host, port: options.port || lastPort(options.stateDir) });
    if (options.socketPath) {
      servers.push(make());
      await listen(servers[1]!, { path: options.socketPath });
    }
  } catch (error) {
    await Promise.all(servers.map(closeListener));
    throw error;
  }
  return servers;
}

function lastPort(stateDir: string): number {
  const path = join(stateDir, 'apiserver.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')).port ?? 0) : 0;
}

function writeKubeconfig(
  options: ApiServerOptions,
  url: string,
  port: number,
  credentials: ClusterCredentials,
): string {
  writePrivate(join(options.stateDir, 'apiserver.json'), JSON.stringify({ port }));
  const path = join(options.stateDir, 'kubeconfig');
  const name = options.contextName ?? 'lateen';
  writePrivate(path, kubeconfigText(name, url, credentials.authority.certificate, credentials.admin));
  return path;
}
