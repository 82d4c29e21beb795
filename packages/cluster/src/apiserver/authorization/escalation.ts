import type { KubeObject } from '@lateen/kube/types';
import type { Attributes } from '../engine/attributes.ts';
import { forbidden } from '../errors.ts';
import type { User } from '../request.ts';
import type { Store } from '../store/store.ts';
import { bindingsOf, grantedBy, type Rule } from './rbac.ts';

const group = 'rbac.authorization.k8s.io';

/** Nobody grants what they do not have: neither in a role nor by binding one. */
export function preventEscalation(attributes: Attributes): void {
  const { served, object, old, user, core, namespace, operation } = attributes;
  if (served.resource.group !== group || operation === 'DELETE' || user.groups.includes('system:masters'))
    return;
  if (object && old && same(object, old)) return;
  const { plural } = served.resource;
  const binding = plural.endsWith('bindings');
  if (allowedByVerb(attributes, binding)) return;
  const rules = binding ? rulesOf(core.store, object!.roleRef, namespace) : ((object!.rules ?? []) as Rule[]);
  const missing = uncovered(ownedRules(core.store, user, namespace), rules);
  if (missing.length === 0) return;
  const groups = `[${user.groups.map((name) => JSON.stringify(name)).join(' ')}]`;
  const list = [...new Set(compact(missing).map(ruleText))].sort().join('\n');
  const why = `user ${JSON.stringify(user.name)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n${list}`;
  throw forbidden({ group, resource: plural }, object!.metadata.name ?? '', why);
}

function same(object: KubeObject, old: KubeObject): boolean {
  const content = ({ rules, aggregationRule, roleRef, subjects }: KubeObject) =>
    JSON.stringify([rules, aggregationRule, roleRef, subjects]);
  return content(object) === content(old);
}

/** The verbs `escalate` and `bind` permit it expressly. */
function allowedByVerb({ core, served, user, namespace, object }: Attributes, binding: boolean): boolean {
  const resource = binding
    ? object!.roleRef?.kind === 'ClusterRole'
      ? 'clusterroles'
      : 'roles'
    : served.resource.plural;
  const name = (binding ? object!.roleRef?.name : object!.metadata.name) ?? '';
  const verb = binding ? 'bind' : 'escalate';
  return (
    grantedBy(core.store, user, { verb, group, resource, subresource: '', namespace, name }) !== undefined
  );
}

function rulesOf(store: Store, reference: any, namespace: string): Rule[] {
  const cluster = reference?.kind === 'ClusterRole';
  const storage = `${cluster ? 'clusterroles' : 'roles'}.${group}`;
  return store.collection(storage).get(cluster ? '' : namespace, reference?.name ?? '')?.object.rules ?? [];
}

function ownedRules(store: Store, user: User, namespace: string): Rule[] {
  return [...bindingsOf(store, user, namespace)].flatMap(({ rules }) => rules);
}

function uncovered(owned: readonly Rule[], wanted: readonly Rule[]): Rule[] {
  return wanted.flatMap(breakDown).filter((rule) => !owned.some((own) => covers(own, rule)));
}

/** One rule for every combination. */
function breakDown(rule: Rule): Rule[] {
  const parts: Rule[] = [];
  for (const apiGroup of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs ?? []) {
        const base = { apiGroups: [apiGroup], resources: [resource], verbs: [verb] };
        if (!rule.resourceNames?.length) parts.push(base);
        else for (const name of rule.resourceNames) parts.push({ ...base, resourceNames: [name] });
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs ?? []) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  }
  return parts;
}

function covers(own: Rule, wanted: Rule): boolean {
  const has = (list: readonly string[] | undefined, value: string) =>
    list?.includes('*') || list?.includes(value);
  if (!has(own.verbs, wanted.verbs![0]!)) return false;
  if (wanted.nonResourceURLs) {
    return (own.nonResourceURLs ?? []).some((url) => coversUrl(url, wanted.nonResourceURLs![0]!));
  }
  const resource = wanted.resources![0]!;
  const any = resource.includes('/') && own.resources?.includes(`*/${resource.split('/')[1]}`);
  if (!has(own.apiGroups, wanted.apiGroups![0]!) || !(any || has(own.resources, resource))) return false;
  if (!own.resourceNames?.length) return true;
  return wanted.resourceNames !== undefined && own.resourceNames.includes(wanted.resourceNames[0]!);
}

function coversUrl(own: string, wanted: string): boolean {
  return own === wanted || (own.endsWith('*') && wanted.startsWith(own.slice(0, -1)));
}

/** Joins the verbs of rules that are otherwise the same. */
function compact(rules: readonly Rule[]): Rule[] {
  const joined = new Map<string, Rule>();
  for (const rule of rules) {
    const { verbs = [], ...rest } = rule;
    const key = rule.nonResourceURLs ? JSON.stringify(rule) : JSON.stringify(rest);
    const known = joined.get(key);
    joined.set(key, known ? { ...known, verbs: [...known.verbs!, ...verbs] } : rule);
  }
  return [...joined.values()];
}

function ruleText(rule: Rule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const;
  const texts = parts
    .filter(([, values]) => values?.length)
    .map(([label, values]) => `${label}:[${values!.map((value) => JSON.stringify(value)).join(' ')}]`);
  return `{${texts.join(', ')}}`;
}
