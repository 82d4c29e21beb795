import type { KubeObject } from '@lateen/kube/types';
import type { CompiledVersion } from '../schema/types.ts';
import { type ResourceRow, resourceRows } from './gen/resources.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly priority: number;
  readonly description?: string;
  /** Where a custom resource's cell comes from. */
  readonly jsonPath?: string;
}

export interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** One resource as one API version serves it. */
export interface ServedVersion {
  readonly group: string;
  readonly version: string;
  readonly resource: Resource;
  readonly subresources: ReadonlyMap<string, Subresource>;
  readonly columns: readonly Column[];
  /** Present for custom resources. */
  readonly custom?: CompiledVersion;
  /** Turn an object of this version into the stored one and back; only apiVersion changes when absent. */
  readonly toStored?: (object: KubeObject) => KubeObject;
  readonly fromStored?: (object: KubeObject) => KubeObject;
  /** Text of the Warning header that every answer carries. */
  readonly warning?: string;
  readonly retired?: boolean;
}

/** One kind of stored object: everything the engine knows about it. */
export interface Resource {
  /** Group and version in which objects are stored. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** Name of its collection in the store: `deployments.apps`. */
  readonly storage: string;
  readonly custom: boolean;
  /** Its definition is being deleted: nothing new is created. */
  readonly terminating?: boolean;
}

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

export function storageName(group: string, plural: string): string {
  return group === '' ? plural : `${plural}.${group}`;
}

const verbLetters: Readonly<Record<string, string>> = {
  c: 'create',
  d: 'delete',
  D: 'deletecollection',
  g: 'get',
  l: 'list',
  p: 'patch',
  u: 'update',
  w: 'watch',
};

function verbsOf(letters: string): string[] {
  return [...letters].map((letter) => verbLetters[letter]!);
}

/** Resources served under several names that are stored once: served storage name → stored place. */
const storedElsewhere: Readonly<Record<string, { group: string; version: string }>> = {
  'events.events.k8s.io': { group: '', version: 'v1' },
  'horizontalpodautoscalers.autoscaling': { group: 'autoscaling', version: 'v2' },
};

/** Warnings that come with every answer about a resource. */
const deprecations: Readonly<Record<string, string>> = {
  endpoints: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  componentstatuses: 'v1 ComponentStatus is deprecated in v1.19+',
};

/** Every built-in resource in every version of the recorded server. */
export function builtinVersions(): ServedVersion[] {
  const resources = new Map<string, Resource>();
  return resourceRows.map((row) => fromRow(row, resources));
}

function fromRow(row: ResourceRow, resources: Map<string, Resource>): ServedVersion {
  const [
    group,
    version,
    plural,
    kind,
    namespaced,
    singular,
    shortNames,
    categories,
    verbs,
    subresources,
    columns,
  ] = row;
  const place = storedElsewhere[storageName(group, plural)] ?? { group, version };
  const storage = storageName(place.group, plural);
  let resource = resources.get(storage);
  if (!resource) {
    resource = {
      ...place,
      plural,
      singular,
      kind,
      listKind: `${kind}List`,
      namespaced,
      shortNames: split(shortNames, ','),
      categories: split(categories, ','),
      verbs: verbsOf(verbs),
      storage,
      custom: false,
    };
    resources.set(storage, resource);
  }
  return {
    group,
    version,
    resource,
    subresources: new Map(split(subresources, ',').map((text) => parseSubresource(text))),
    columns: split(columns, ';').map(parseColumn),
    ...(deprecations[storage] && { warning: deprecations[storage] }),
  };
}

function parseSubresource(text: string): [string, Subresource] {
  const [name = '', kind = '', verbs = ''] = text.split(':');
  return [name, { name, kind, verbs: verbsOf(verbs) }];
}

function parseColumn(text: string): Column {
  const [name = '', type = '', format = '', priority = '0'] = text.split('|');
  return { name, type, format, priority: Number(priority) };
}

function split(text: string, separator: string): string[] {
  return text === '' ? [] : text.split(separator);
}
