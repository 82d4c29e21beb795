import type { KubeObject } from '@lateen/kube/types';
import { type AccessAttributes, bindingsOf, grantedBy, type Rule } from '../authorization/rbac.ts';
import type { Scope } from '../engine/scope.ts';
import { badRequest, invalid } from '../errors.ts';
import type { User } from '../request.ts';

/** The status of an access review: may this user do that? */
export function reviewAccess(scope: Scope, review: KubeObject): KubeObject {
  const { spec = {} } = review;
  checkAttributes(spec);
  const self = review.kind === 'SelfSubjectAccessReview';
  const user: User = self
    ? scope.request.user
    : { name: spec.user ?? '', groups: spec.groups ?? [], ...(spec.uid && { uid: spec.uid }) };
  if (
    review.kind === 'LocalSubjectAccessReview' &&
    spec.resourceAttributes?.namespace !== scope.path.namespace
  ) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${scope.path.namespace}`);
  }
  const reason = grantedBy(scope.core.store, user, wantedAccess(spec));
  const status = reason === undefined ? { allowed: false } : { allowed: true, ...(reason && { reason }) };
  return { ...review, status };
}

function checkAttributes({ resourceAttributes, nonResourceAttributes }: any): void {
  if (Boolean(resourceAttributes) !== Boolean(nonResourceAttributes)) return;
  const value = resourceAttributes ? JSON.stringify(resourceAttributes) : 'null';
  const text = `Invalid value: ${value}: exactly one of nonResourceAttributes or resourceAttributes must be specified`;
  throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', [
    { reason: 'FieldValueInvalid', field: 'spec.resourceAttributes', message: text },
  ]);
}

function wantedAccess(spec: any): AccessAttributes {
  const { resourceAttributes: wanted, nonResourceAttributes: other } = spec;
  if (!wanted) return { verb: other?.verb ?? '', path: other?.path ?? '' };
  return {
    verb: wanted.verb ?? '',
    group: wanted.group ?? '',
    resource: wanted.resource ?? '',
    subresource: wanted.subresource ?? '',
    namespace: wanted.namespace ?? '',
    name: wanted.name ?? '',
  };
}

/** All rules that the caller has in a namespace. */
export function reviewRules(scope: Scope, review: KubeObject): KubeObject {
  const namespace: string = review.spec?.namespace ?? '';
  if (namespace === '') throw badRequest('no namespace on request');
  const { user } = scope.request;
  const all: Rule[] = [];
  for (const { rules } of bindingsOf(scope.core.store, user, namespace)) all.push(...rules);
  const resourceRules = all.filter((rule) => rule.resources?.length);
  const nonResourceRules = all.filter((rule) => rule.nonResourceURLs?.length);
  return { ...review, status: { resourceRules, nonResourceRules, incomplete: false } };
}

/** Who a token belongs to. */
export function reviewToken(scope: Scope, review: KubeObject): KubeObject {
  const { token = '', audiences } = review.spec ?? {};
  const { tokens } = scope.core;
  const found = tokens.authenticate(token, audiences?.length ? audiences : [tokens.issuer]);
  if (!found) return { ...review, status: { user: {}, error: 'invalid bearer token' } };
  const { audiences: shared, name, ...user } = found;
  return { ...review, status: { authenticated: true, user: { username: name, ...user }, audiences: shared } };
}

/** Who the caller is. */
export function reviewSelf(scope: Scope, review: KubeObject): KubeObject {
  const { name, ...rest } = scope.request.user;
  const created = `${new Date(scope.core.clock.now()).toISOString().slice(0, 19)}Z`;
  const metadata = { ...review.metadata, creationTimestamp: created };
  return { ...review, metadata, status: { userInfo: { username: name, ...rest } } };
}
