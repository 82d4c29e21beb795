import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { KubeClientOptions } from './transport.ts';
import { parseYamlDocuments } from './yaml.ts';

export const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How to reach the cluster of a kubeconfig file's context; the current one when `context` is absent. */
export function loadKubeconfig(file: string, context?: string): KubeClientOptions & { namespace: string } {
  const config = readConfig(file);
  const name = context ?? config['current-context'];
  const chosen = named(config.contexts, name)?.context;
  if (!chosen)
    throw new Error(`${file}: there is no context "${name ?? ''}"; kubectl config get-contexts lists them`);
  const cluster = named(config.clusters, chosen.cluster)?.cluster;
  if (!cluster?.server)
    throw new Error(`${file}: context "${name}" names the cluster "${chosen.cluster}", which has no server`);
  const user = named(config.users, chosen.user)?.user ?? {};
  if (user.exec || user['auth-provider']) {
    throw new Error(
      `${file}: user "${chosen.user}" needs a credential plugin, which is not supported; use a token or a certificate`,
    );
  }
  const read = (holder: any, field: string) => material(holder, field, path.dirname(file));
  return {
    server: cluster.server,
    ca: read(cluster, 'certificate-authority'),
    serverName: cluster['tls-server-name'],
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] === true,
    cert: read(user, 'client-certificate'),
    key: read(user, 'client-key'),
    token: user.token,
    tokenFile: user.tokenFile,
    namespace: chosen.namespace ?? 'default',
  };
}

/** How a pod reaches the cluster it runs in; undefined outside of one. */
export function inClusterConfig(
  environment: Record<string, string | undefined>,
  directory = serviceAccountDirectory,
): (KubeClientOptions & { namespace: string }) | undefined {
  const host = environment.KUBERNETES_SERVICE_HOST;
  const tokenFile = path.join(directory, 'token');
  if (!host || !existsSync(tokenFile)) return undefined;
  const namespaceFile = path.join(directory, 'namespace');
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${environment.KUBERNETES_SERVICE_PORT ?? '443'}`,
    ca: readFileSync(path.join(directory, 'ca.crt')),
    tokenFile,
    namespace: existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : 'default',
  };
}

/** The configuration kubectl would use: $KUBECONFIG, the cluster around this pod, or ~/.kube/config. */
export function defaultConfig(
  environment: Record<string, string | undefined>,
  context?: string,
): KubeClientOptions & { namespace: string } {
  const listed = environment.KUBECONFIG?.split(path.delimiter).find(
    (file) => file !== '' && existsSync(file),
  );
  if (listed) return loadKubeconfig(listed, context);
  const inside = inClusterConfig(environment);
  if (inside) return inside;
  return loadKubeconfig(path.join(environment.HOME ?? '/', '.kube', 'config'), context);
}

function readConfig(file: string): any {
  const { value, problems } = parseYamlDocuments(readFileSync(file, 'utf8'));
  if (problems[0]) throw new Error(`${file}: ${problems[0].message}`);
  return value[0] ?? {};
}

function named(list: any, name: unknown): any {
  return Array.isArray(list) ? list.find((item) => item?.name === name) : undefined;
}

function material(holder: any, field: string, directory: string): Buffer | undefined {
  const data = holder[`${field}-data`];
  if (data) return Buffer.from(data, 'base64');
  return holder[field] ? readFileSync(path.resolve(directory, holder[field])) : undefined;
}
