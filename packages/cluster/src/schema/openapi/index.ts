import { builtinTable } from '../builtin/table.ts';
import { definitionsFor } from './builtin.ts';
import { customDefinitions } from './custom.ts';
import { type Dialect, patchTypes, resourcePaths } from './paths.ts';
import { encodeDocument } from './proto.ts';
import { info, type Json, type OpenApiInput, type OpenApiResource } from './types.ts';

export type { OpenApiInput, OpenApiResource } from './types.ts';

const v2Dialect: Dialect = {
  queryParameter: (name, type) => ({ name, in: 'query', type, uniqueItems: true }),
  patchBody: (custom) => ({ consumes: patchTypes(custom) }),
};

const v3Dialect: Dialect = {
  queryParameter: (name, type) => ({ name, in: 'query', schema: { type, uniqueItems: true } }),
  patchBody: (custom) => ({
    requestBody: {
      content: Object.fromEntries(patchTypes(custom).map((type) => [type, { schema: { type: 'object' } }])),
    },
  }),
};

const v2Reference = (name: string): Json => ({ $ref: `#/definitions/${name}` });
const v3Reference = (name: string): Json => ({ allOf: [{ $ref: `#/components/schemas/${name}` }] });

function isCustom(resource: OpenApiResource, { crds }: OpenApiInput): boolean {
  return crds.some((crd) => crd.group === resource.group && crd.plural === resource.resource);
}

function pathsOf(resources: readonly OpenApiResource[], input: OpenApiInput, dialect: Dialect): Json {
  return Object.assign(
    {},
    ...resources.map((resource) => resourcePaths(resource, isCustom(resource, input), dialect)),
  );
}

/** Structs of the kinds that some resources have, lists too. */
function structsOf(resources: readonly OpenApiResource[]): string[] {
  const { kinds } = builtinTable();
  return resources.flatMap(({ group, version, kind }) =>
    [kind, `${kind}List`]
      .map((name) => kinds[`${group}/${version}/${name}`])
      .filter((struct) => struct !== undefined),
  );
}

const shared = ['~meta.v1.ObjectMeta', '~meta.v1.ListMeta', '~meta.v1.DeleteOptions', '~meta.v1.Status'];

/** The document of `/openapi/v2`. */
export function openApiV2(input: OpenApiInput): Record<string, unknown> {
  const custom = input.crds.flatMap((crd) =>
    [...crd.versions.values()]
      .filter((version) => version.served)
      .map((version) => customDefinitions(crd, version, v2Reference, false)),
  );
  return {
    swagger: '2.0',
    info,
    paths: pathsOf(input.resources, input, v2Dialect),
    definitions: {
      ...definitionsFor([...structsOf(input.resources), ...shared], v2Reference, false),
      ...Object.assign({}, ...custom),
    },
  };
}

/** The same in gnostic's protobuf: `application/com.github.proto-openapi.spec.v2.v1.0+protobuf`. */
export function openApiV2Proto(input: OpenApiInput): Uint8Array {
  return encodeDocument(openApiV2(input));
}

/** The document of `/openapi/v3/apis/GROUP/VERSION` (or `/openapi/v3/api/v1`); resources of that group version are read. */
export function openApiV3(group: string, version: string, input: OpenApiInput): Record<string, unknown> {
  const resources = input.resources.filter(
    (resource) => resource.group === group && resource.version === version,
  );
  const custom = input.crds
    .filter((crd) => crd.group === group && crd.versions.get(version)?.served)
    .map((crd) => customDefinitions(crd, crd.versions.get(version)!, v3Reference, true));
  return {
    openapi: '3.0.0',
    info,
    paths: pathsOf(resources, input, v3Dialect),
    components: {
      schemas: {
        ...definitionsFor([...structsOf(resources), ...shared], v3Reference, true),
        ...Object.assign({}, ...custom),
      },
    },
  };
}
