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

export type Json = Record<string, any>;

export const info = { title: 'Kubernetes', version: 'v1.34.2' };
