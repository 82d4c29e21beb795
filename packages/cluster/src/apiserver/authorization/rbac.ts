import type { KubeObject } from '@lateen/kube/types';
import type { User } from '../request.ts';
import type { Store } from '../store/store.ts';

/** What somebody wants to do. */
export type AccessAttributes =
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
      readonly path?: undefined;
    }
  | { readonly verb: string; readonly path: string };

export interface Rule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** Why access is granted; undefined when it is not. */
export function grantedBy(store: Store, user: User, wanted: AccessAttributes): string | undefined {
  if (user.groups.includes('system:masters')) return '';
  for (const { rules, reason } of bindingsOf(
    store,
    user,
    wanted.path === undefined ? wanted.namespace : '',
  )) {
    if (rules.some((rule) => allows(rule, wanted))) return reason;
  }
  return undefined;
}

/** Every binding that concerns the user, cluster-wide and in one namespace, with the rules it grants. */
export function* bindingsOf(
  store: Store,
  user: User,
  namespace: string,
): Generator<{ rules: Rule[]; reason: string }> {
  for (const entry of store.collection('clusterrolebindings.rbac.authorization.k8s.io').entries()) {
    const found = subjectText(entry.object, user, '');
    if (found) yield granted(store, entry.object, found, '');
  }
  if (namespace === '') return;
  for (const entry of store.collection('rolebindings.rbac.authorization.k8s.io').entries(namespace)) {
    const found = subjectText(entry.object, user, namespace);
    if (found) yield granted(store, entry.object, found, namespace);
  }
}

function granted(store: Store, binding: KubeObject, subject: string, namespace: string) {
  const { kind, name } = binding.roleRef ?? {};
  const cluster = kind === 'ClusterRole';
  const storage = cluster ? 'clusterroles.rbac.authorization.k8s.io' : 'roles.rbac.authorization.k8s.io';
  const role = store.collection(storage).get(cluster ? '' : namespace, name ?? '');
  const label = `${binding.metadata.name}${namespace ? `/${namespace}` : ''}`;
  const what = namespace ? 'RoleBinding' : 'ClusterRoleBinding';
  return {
    rules: (role?.object.rules ?? []) as Rule[],
    reason: `RBAC: allowed by ${what} ${JSON.stringify(label)} of ${kind} ${JSON.stringify(name)} to ${subject}`,
  };
}

function subjectText(binding: KubeObject, user: User, namespace: string): string | undefined {
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === 'User' && subject.name === user.name) return `User ${JSON.stringify(subject.name)}`;
    if (subject.kind === 'Group' && user.groups.includes(subject.name))
      return `Group ${JSON.stringify(subject.name)}`;
    if (subject.kind !== 'ServiceAccount') continue;
    const home = subject.namespace || namespace;
    if (user.name === `system:serviceaccount:${home}:${subject.name}`) {
      return `ServiceAccount ${JSON.stringify(`${subject.name}/${home}`)}`;
    }
  }
  return undefined;
}

export function allows(rule: Rule, wanted: AccessAttributes): boolean {
  if (!hasOrStar(rule.verbs, wanted.verb)) return false;
  if (wanted.path !== undefined)
    return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, wanted.path!));
  if (!hasOrStar(rule.apiGroups, wanted.group)) return false;
  const { resource, subresource, name } = wanted;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const resources = rule.resources ?? [];
  const matches =
    resources.includes('*') ||
    resources.includes(full) ||
    (subresource !== '' && resources.includes(`*/${subresource}`));
  if (!matches) return false;
  return !rule.resourceNames?.length || rule.resourceNames.includes(name);
}

function hasOrStar(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(value));
}

function pathMatches(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}

/** Kubernetes' words for a refusal. */
export function refusalText(user: User, wanted: AccessAttributes): string {
  const subject = `User ${JSON.stringify(user.name)} cannot ${wanted.verb}`;
  if (wanted.path !== undefined) return `${subject} path ${JSON.stringify(wanted.path)}`;
  const { resource, subresource, group, namespace } = wanted;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const place = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `${subject} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${place}`;
}
