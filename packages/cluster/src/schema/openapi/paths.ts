import type { Json, OpenApiResource } from './types.ts';

const methods: Readonly<Record<string, { method: string; named: boolean; action: string }>> = {
  get: { method: 'get', named: true, action: 'get' },
  list: { method: 'get', named: false, action: 'list' },
  create: { method: 'post', named: false, action: 'post' },
  update: { method: 'put', named: true, action: 'put' },
  patch: { method: 'patch', named: true, action: 'patch' },
  delete: { method: 'delete', named: true, action: 'delete' },
  deletecollection: { method: 'delete', named: false, action: 'deletecollection' },
};

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'];

const parametersOf: Readonly<Record<string, readonly string[]>> = {
  post: writeParameters,
  put: writeParameters,
  patch: [...writeParameters, 'force'],
  delete: ['dryRun', 'gracePeriodSeconds', 'propagationPolicy'],
  deletecollection: ['dryRun', 'fieldSelector', 'labelSelector'],
  list: ['fieldSelector', 'labelSelector', 'limit', 'continue', 'watch'],
  get: [],
};

/** How a document writes an operation's parameters and bodies. */
export interface Dialect {
  queryParameter(name: string, type: string): Json;
  patchBody(custom: boolean): Json;
}

const booleans: ReadonlySet<string> = new Set(['force', 'watch']);
const integers: ReadonlySet<string> = new Set(['limit', 'gracePeriodSeconds']);

function parameterType(name: string): string {
  if (booleans.has(name)) return 'boolean';
  return integers.has(name) ? 'integer' : 'string';
}

/** The paths of a resource: collection, object, status and scale. */
export function resourcePaths(resource: OpenApiResource, custom: boolean, dialect: Dialect): Json {
  const { group, version, namespaced, verbs } = resource;
  const prefix = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = `${prefix}${namespaced ? '/namespaces/{namespace}' : ''}/${resource.resource}`;
  const out: Json = {};
  for (const verb of verbs) {
    const entry = methods[verb];
    if (entry === undefined) continue;
    const path = entry.named ? `${collection}/{name}` : collection;
    out[path] ??= {};
    out[path][entry.method] = operation(resource, entry.method, entry.action, custom, dialect);
  }
  if (namespaced && verbs.includes('list')) {
    out[`${prefix}/${resource.resource}`] = { get: operation(resource, 'get', 'list', custom, dialect) };
  }
  if (resource.subresources?.includes('status')) {
    out[`${collection}/{name}/status`] = statusOperations(resource, custom, dialect);
  }
  return out;
}

function statusOperations(resource: OpenApiResource, custom: boolean, dialect: Dialect): Json {
  return Object.fromEntries(
    ['get', 'put', 'patch'].map((method) => [method, operation(resource, method, method, custom, dialect)]),
  );
}

function operation(
  resource: OpenApiResource,
  method: string,
  action: string,
  custom: boolean,
  dialect: Dialect,
): Json {
  const { group, kind, version } = resource;
  const names = parametersOf[action] ?? [];
  return {
    operationId: `${action}${group}${version}${kind}`.replace(/[^A-Za-z0-9]/g, ''),
    parameters: names.map((name) => dialect.queryParameter(name, parameterType(name))),
    ...(method === 'patch' && dialect.patchBody(custom)),
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, kind, version },
  };
}

/** The media types of patches. */
export function patchTypes(custom: boolean): string[] {
  const all = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
  return custom ? all : [...all, 'application/strategic-merge-patch+json'];
}
