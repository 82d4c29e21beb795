import type { KubeObject } from '../types.ts';

/** Fills in names.singular, names.listKind, conversion, and the like; in place. */
export function defaultCrd(crd: KubeObject): KubeObject {
  if (!crd.spec) return crd;
  const { names } = crd.spec;
  if (names?.kind) {
    names.singular ||= names.kind.toLowerCase();
    names.listKind ||= `${names.kind}List`;
  }
  if (crd.spec.conversion === undefined) crd.spec.conversion = { strategy: 'None' };
  const service = crd.spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
  return crd;
}
