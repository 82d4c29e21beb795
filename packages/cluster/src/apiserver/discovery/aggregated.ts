import { createHash } from 'node:crypto';
import type { Registry } from '../registry.ts';
import { apiVersionOf, type Resource, type ServedVersion } from '../resource.ts';

/** Names of groups in the order in which discovery lists them. */
export function orderedGroups(registry: Registry): string[] {
  return registry.groups().filter((group) => group !== '');
}

/** The document that tells everything in one answer. `groups` is [''] for `/api`. */
export function aggregatedDocument(registry: Registry, groups: readonly string[], version: string): unknown {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: { ...(group && { name: group }), creationTimestamp: null },
      versions: registry.versions(group).map((version) => ({
        version,
        resources: registry.resources(group, version).map(resourceEntry),
        freshness: 'Current',
      })),
    })),
  };
}

function resourceEntry(served: ServedVersion): unknown {
  const { resource, group, version } = served;
  return {
    resource: resource.plural,
    responseKind: { group, version, kind: resource.kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...names(served),
    ...(served.subresources.size > 0 && {
      subresources: [...served.subresources.values()].map((sub) => ({
        subresource: sub.name,
        responseKind: responseKind(served, sub.kind),
        verbs: sub.verbs,
      })),
    }),
  };
}

/** Retired versions have none, so that short names and categories mean one resource each. */
function names({ resource, retired }: ServedVersion): {
  shortNames?: readonly string[];
  categories?: readonly string[];
} {
  if (retired) return {};
  const { shortNames, categories } = resource;
  return { ...(shortNames.length > 0 && { shortNames }), ...(categories.length > 0 && { categories }) };
}

/** Kinds of answers that belong to another group than the resource. */
const foreignKinds: Readonly<Record<string, { group: string; version: string }>> = {
  Scale: { group: 'autoscaling', version: 'v1' },
  Eviction: { group: 'policy', version: 'v1' },
  TokenRequest: { group: 'authentication.k8s.io', version: 'v1' },
};

export function responseKind(
  served: ServedVersion,
  kind: string,
): { group: string; version: string; kind: string } {
  const place = foreignKinds[kind] ?? { group: served.group, version: served.version };
  return { ...place, kind };
}

/** `/apis/GROUP/VERSION` and `/api/v1`, as kubectl before 1.26 reads them. */
export function resourceListDocument(registry: Registry, group: string, version: string): unknown {
  const resources = registry
    .resources(group, version)
    .flatMap((served) => [legacyEntry(served), ...legacySubs(served)]);
  return {
    kind: 'APIResourceList',
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(group, version),
    resources,
  };
}

function legacyEntry(served: ServedVersion): unknown {
  const { resource } = served;
  return {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: resource.verbs,
    ...names(served),
    ...(!resource.verbs.includes('create') || !resource.verbs.includes('get')
      ? {}
      : { storageVersionHash: storageHash(resource) }),
  };
}

function legacySubs(served: ServedVersion): unknown[] {
  return [...served.subresources.values()].map((sub) => {
    const kind = responseKind(served, sub.kind);
    const foreign = kind.group !== served.group || kind.version !== served.version;
    return {
      name: `${served.resource.plural}/${sub.name}`,
      singularName: '',
      namespaced: served.resource.namespaced,
      ...(foreign && { group: kind.group, version: kind.version }),
      kind: sub.kind,
      verbs: sub.verbs,
    };
  });
}

/** Tells kinds apart by how they are stored. */
function storageHash({ group, version, kind }: Resource): string {
  return createHash('sha256')
    .update(`${group}/${version}/${kind}`)
    .digest()
    .subarray(0, 8)
    .toString('base64');
}

/** `/apis` and `/apis/GROUP`. */
export function groupDocument(registry: Registry, group: string): Record<string, unknown> {
  const versions = registry
    .versions(group)
    .map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] };
}
