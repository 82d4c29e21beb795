import type { CompiledCrd } from '../types.ts';

export interface OpenApiResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Names such as `status`, `scale`. */
  readonly subresources?: readonly string[];
}

export interface OpenApiInput {
  readonly resources: readonly OpenApiResource[];
  readonly crds: readonly CompiledCrd[];
}

/** The document of `/openapi/v2`. */
export function openApiV2(_input: OpenApiInput): Record<string, unknown> {
  return { swagger: '2.0', info: { title: 'Kubernetes', version: 'v1.34.2' }, paths: {}, definitions: {} };
}

/** The same in gnostic's protobuf: `application/com.github.proto-openapi.spec.v2.v1.0+protobuf`. */
export function openApiV2Proto(_input: OpenApiInput): Uint8Array {
  return new Uint8Array();
}

/** The document of `/openapi/v3/apis/GROUP/VERSION` (or `/openapi/v3/api/v1`); resources of that group version are read. */
export function openApiV3(_group: string, _version: string, _input: OpenApiInput): Record<string, unknown> {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.2' },
    paths: {},
    components: { schemas: {} },
  };
}
