import type { KubeObject } from '@lateen/kube/types';
import type { CompiledCrd, CompiledVersion } from '../../schema/index.ts';
import type { Column, Resource, ServedVersion, Subresource } from '../resource.ts';
import type { Names } from './names.ts';

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const viewVerbs = ['get', 'patch', 'update'];

/** What an established definition adds to the API. */
export function servedVersions(definition: KubeObject, compiled: CompiledCrd, names: Names): ServedVersion[] {
  const versions = [...compiled.versions.values()];
  const storage = versions.find((version) => version.storage) ?? versions[0];
  if (!storage) return [];
  const resource: Resource = {
    group: compiled.group,
    version: storage.gvk.version,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    namespaced: compiled.namespaced,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs,
    storage: `${names.plural}.${compiled.group}`,
    custom: true,
    ...(definition.metadata.deletionTimestamp && { terminating: true }),
  };
  return versions.filter((version) => version.served).map((version) => served(resource, version));
}

function served(resource: Resource, version: CompiledVersion): ServedVersion {
  const subresources = new Map<string, Subresource>();
  if (version.hasStatus)
    subresources.set('status', { name: 'status', kind: resource.kind, verbs: viewVerbs });
  if (version.scale) subresources.set('scale', { name: 'scale', kind: 'Scale', verbs: viewVerbs });
  return {
    group: resource.group,
    version: version.gvk.version,
    resource,
    subresources,
    columns: columns(version),
    custom: version,
    ...(version.deprecated && { warning: version.deprecationWarning }),
  };
}

const nameColumn: Column = { name: 'Name', type: 'string', format: 'name', priority: 0 };

function columns(version: CompiledVersion): Column[] {
  if (version.columns.length === 0)
    return [nameColumn, { name: 'Age', type: 'date', format: '', priority: 0 }];
  const own = version.columns.map(({ name, type, format = '', priority = 0, description }) => ({
    name,
    type,
    format,
    priority,
    ...(description && { description }),
  }));
  return [nameColumn, ...own];
}
