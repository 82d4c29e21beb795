import type { KubeClient, KubeObject, ResourceId } from '@lateen/kube';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export type ApplyOutcome = 'created' | 'configured' | 'unchanged';

/**
 * Applies objects so that `kubectl apply` of the same files finds nothing to change: the annotation that kubectl keeps its
 * last configuration in is written exactly as kubectl writes it. Objects go in order; a CRD is waited for before the next.
 */
export async function applyObjects(
  client: KubeClient,
  objects: readonly KubeObject[],
  defaultNamespace: string,
): Promise<{ readonly object: KubeObject; readonly outcome: ApplyOutcome }[]> {
  const mapper = createMapper(client);
  const results = [];
  for (const object of objects) {
    const target = await mapper(object.apiVersion, object.kind);
    results.push({ object, outcome: await applyObject(client, target, object, defaultNamespace) });
  }
  return results;
}

interface Target {
  readonly id: ResourceId;
  readonly namespaced: boolean;
}

async function applyObject(
  client: KubeClient,
  target: Target,
  object: KubeObject,
  defaultNamespace: string,
): Promise<ApplyOutcome> {
  const named = target.namespaced
    ? {
        ...object,
        metadata: { ...object.metadata, namespace: object.metadata.namespace ?? defaultNamespace },
      }
    : object;
  const annotated = withLastApplied(named);
  const { name, namespace } = annotated.metadata;
  try {
    await client.create(target.id, annotated, { fieldManager: 'kubectl-client-side-apply' });
    return 'created';
  } catch (error) {
    if ((error as { reason?: string }).reason !== 'AlreadyExists') throw error;
  }
  const live = await client.get(target.id, name!, namespace);
  const wanted = annotated.metadata.annotations![lastApplied];
  if (live.metadata.annotations?.[lastApplied] === wanted) return 'unchanged';
  await client.patch(target.id, name!, namespace, 'merge', annotated, {
    fieldManager: 'kubectl-client-side-apply',
  });
  return 'configured';
}

/** The object as kubectl would send it: its own text, keys sorted and HTML characters escaped as Go does, in an annotation. */
export function withLastApplied(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations };
  delete annotations[lastApplied];
  const text = goJson({ ...object, metadata: { ...object.metadata, annotations } });
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [lastApplied]: `${text}\n` } },
  };
}

function goJson(value: unknown): string {
  return JSON.stringify(sortKeys(value)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, sortKeys(field)]),
  );
}

/** Finds a kind's resource through discovery; a kind that a CRD has just declared is asked for until it is served. */
function createMapper(client: KubeClient): (apiVersion: string, kind: string) => Promise<Target> {
  const known = new Map<string, Target>();
  const learn = async (apiVersion: string) => {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const answer = await client.request('GET', path);
    if (answer.status !== 200) return;
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    for (const resource of JSON.parse(answer.body.toString()).resources ?? []) {
      if (resource.name.includes('/')) continue;
      known.set(`${apiVersion} ${resource.kind}`, {
        id: { group: group!, version: version!, resource: resource.name },
        namespaced: resource.namespaced,
      });
    }
  };
  return async (apiVersion, kind) => {
    const key = `${apiVersion} ${kind}`;
    const deadline = performance.now() + 10_000;
    while (!known.has(key)) {
      await learn(apiVersion);
      if (known.has(key)) break;
      if (performance.now() > deadline)
        throw new Error(`no matches for kind ${kind} in version ${apiVersion}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return known.get(key)!;
  };
}
