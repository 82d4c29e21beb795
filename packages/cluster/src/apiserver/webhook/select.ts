import type { KubeObject } from '@lateen/kube/types';
import { labelSelectorMatches } from '../../schema/index.ts';
import type { Attributes } from '../engine/attributes.ts';
import type { MatchCondition } from './conditions.ts';

export interface Rule {
  operations?: string[];
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  scope?: string;
}

export interface Webhook {
  name: string;
  clientConfig: {
    url?: string;
    service?: { name: string; namespace: string; path?: string; port?: number };
    caBundle?: string;
  };
  rules?: Rule[];
  failurePolicy?: 'Fail' | 'Ignore';
  matchPolicy?: 'Exact' | 'Equivalent';
  namespaceSelector?: any;
  objectSelector?: any;
  sideEffects?: string;
  timeoutSeconds?: number;
  admissionReviewVersions?: string[];
  reinvocationPolicy?: string;
  matchConditions?: MatchCondition[];
  /** Name of the configuration it is from. */
  configuration: string;
}

/** In which group and version a webhook wants to see a resource. */
export interface Match {
  readonly group: string;
  readonly version: string;
}

/** The webhooks of all configurations of a kind, in the order in which they are called. */
export function webhooksOf(attributes: Attributes, plural: string): Webhook[] {
  const collection = attributes.core.store.collection(`${plural}.admissionregistration.k8s.io`);
  if (collection.size === 0) return [];
  return [...collection.entries()].flatMap((entry) =>
    (entry.object.webhooks ?? []).map((hook: Webhook) => ({ ...hook, configuration: entry.name })),
  );
}

/** Whether a webhook wants to hear of a write, and in which version. */
export function matches(hook: Webhook, attributes: Attributes): Match | undefined {
  const match = matchRules(hook, attributes);
  if (!match) return undefined;
  if (!matchesNamespace(hook.namespaceSelector ?? {}, attributes)) return undefined;
  return matchesObject(hook.objectSelector ?? {}, attributes) ? match : undefined;
}

function matchRules(hook: Webhook, attributes: Attributes): Match | undefined {
  const { served, core } = attributes;
  const exact = { group: served.group, version: served.version };
  if (hook.rules?.some((rule) => matchesRule(rule, attributes, exact))) return exact;
  if (hook.matchPolicy === 'Exact') return undefined;
  for (const other of core.registry.all()) {
    if (other.resource !== served.resource || other === served) continue;
    const place = { group: other.group, version: other.version };
    if (hook.rules?.some((rule) => matchesRule(rule, attributes, place))) return place;
  }
  return undefined;
}

function matchesRule(rule: Rule, attributes: Attributes, place: Match): boolean {
  const { operation, served, subresource } = attributes;
  const has = (list: string[] | undefined, value: string) =>
    list?.includes('*') || list?.includes(value) || false;
  if (
    !has(rule.operations, operation) ||
    !has(rule.apiGroups, place.group) ||
    !has(rule.apiVersions, place.version)
  ) {
    return false;
  }
  const { plural, namespaced } = served.resource;
  const scope = rule.scope ?? '*';
  if (scope !== '*' && (scope === 'Namespaced') !== namespaced) return false;
  return (rule.resources ?? []).some((text) => {
    const [resource, sub = ''] = text.split('/');
    if (text === '*/*') return true;
    return (
      (resource === '*' || resource === plural) &&
      (sub === subresource || (sub === '*' && text.includes('/')))
    );
  });
}

function matchesNamespace(selector: object, attributes: Attributes): boolean {
  if (isEmpty(selector)) return true;
  const { served, namespace, core, object, old } = attributes;
  if (served.resource.storage === 'namespaces')
    return labelSelectorMatches(selector, labelsOf(object ?? old));
  if (!served.resource.namespaced) return true;
  const found = core.store.collection('namespaces').get('', namespace);
  return labelSelectorMatches(selector, labelsOf(found?.object));
}

function matchesObject(selector: object, { object, old }: Attributes): boolean {
  if (isEmpty(selector)) return true;
  return [object, old].some((one) => one !== undefined && labelSelectorMatches(selector, labelsOf(one)));
}

function isEmpty(selector: any): boolean {
  return !selector.matchLabels && !selector.matchExpressions?.length;
}

function labelsOf(object: KubeObject | undefined): Record<string, string> {
  return object?.metadata.labels ?? {};
}
