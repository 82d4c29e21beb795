import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeClient, KubeObject, ResourceId } from '@lateen/kube/types';
import type { ApiServerOptions } from '../options.ts';
import { type ApiServer, startApiServer } from '../server.ts';

export interface TestServer {
  readonly api: ApiServer;
  readonly client: KubeClient;
  readonly directory: string;
}

/** Runs `body` with an API server of its own in a temporary folder. */
export async function withServer(
  options: Partial<ApiServerOptions>,
  body: (server: TestServer) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'apiserver-'));
  try {
    const api = await startApiServer({ stateDir: directory, profile: 'api', ...options });
    try {
      await body({ api, client: api.client(), directory });
    } finally {
      await api.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const core = (resource: string): ResourceId => ({ group: '', version: 'v1', resource });

export function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

export async function withAccount(client: KubeClient): Promise<void> {
  await client.create(core('serviceaccounts'), {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'default' },
  });
}

export function pod(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  };
}
