import type { KubeClient, ResourceId } from '@lateen/kube';

/** A resource as the API server's discovery describes it. */
export interface ApiResource extends ResourceId {
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** Every resource in the preferred version of its group; groups that do not answer are named in `failed`. */
export interface Discovered {
  readonly resources: readonly ApiResource[];
  readonly failed: readonly string[];
}

/** Asks the API server for what it serves. */
export async function discover(client: KubeClient): Promise<Discovered> {
  const groups = await getJson(client, '/apis');
  const versions = ['/api/v1'];
  for (const group of groups.groups ?? []) versions.push(`/apis/${group.preferredVersion.groupVersion}`);
  const resources: ApiResource[] = [];
  const failed: string[] = [];
  for (const path of versions) {
    try {
      resources.push(...parseResources(path, await getJson(client, path)));
    } catch (error) {
      failed.push(`${path.replace(/^\/apis?\//, '')}: ${(error as Error).message}`);
    }
  }
  return { resources, failed };
}

async function getJson(client: KubeClient, path: string): Promise<any> {
  const { status, body } = await client.request('GET', path);
  if (status !== 200) throw new Error(`GET ${path}: HTTP ${status}`);
  return JSON.parse(body.toString('utf8'));
}

function parseResources(path: string, list: any): ApiResource[] {
  const parts = path.split('/').slice(2);
  const [group, version] = parts.length === 1 ? ['', parts[0]!] : [parts[0]!, parts[1]!];
  return (list.resources ?? [])
    .filter((resource: any) => !resource.name.includes('/'))
    .map((resource: any) => ({
      group,
      version,
      resource: resource.name,
      kind: resource.kind,
      namespaced: resource.namespaced,
      verbs: resource.verbs ?? [],
    }));
}
