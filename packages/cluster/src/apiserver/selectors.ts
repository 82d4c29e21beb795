import type { KubeObject } from '@lateen/kube/types';
import { badRequest } from './errors.ts';

export type Predicate = (object: KubeObject) => boolean;

interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

type Labels = Readonly<Record<string, string>>;
type LabelTest = (labels: Labels) => boolean;

/** Does an object's labels match the selector as it stands in a specification? An empty one matches everything. */
export function matchesLabels(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    if (labels[key] !== value) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'In') return value !== undefined && values.includes(value);
    if (operator === 'NotIn') return value === undefined || !values.includes(value);
    return operator === 'Exists' ? value !== undefined : value === undefined;
  });
}

/** Reads `a=b,c in (d,e),!f,g>1`. */
export function parseLabelSelector(text: string): LabelTest {
  const tests = splitTop(text).map(parseRequirement);
  return (labels) => tests.every((test) => test(labels));
}

const keyPattern = /^([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

function parseRequirement(part: string): LabelTest {
  const unable = (why: string) => badRequest(`unable to parse requirement: ${why}`);
  const text = part.trim();
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key, operator, list] = set as unknown as [string, string, string, string];
    const values = new Set(list.split(',').map((value) => value.trim()));
    if (operator === 'in') return (labels) => labels[key] !== undefined && values.has(labels[key]);
    return (labels) => labels[key] === undefined || !values.has(labels[key]);
  }
  const comparison = /^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*(\S*)$/.exec(text);
  if (comparison) return compare(comparison[1]!, comparison[2]!, comparison[3]!);
  const negated = text.startsWith('!');
  const key = negated ? text.slice(1).trim() : text;
  if (!keyPattern.test(key)) {
    const words = key.split(/\s+/);
    if (words.length > 1) throw unable(`found '${words[1]}', expected: in, notin, =, ==, !=, gt, lt`);
    throw unable(`found '${key}', expected: identifier`);
  }
  return negated ? (labels) => labels[key] === undefined : (labels) => labels[key] !== undefined;
}

function compare(key: string, operator: string, value: string): LabelTest {
  switch (operator) {
    case '!=':
      return (labels) => labels[key] !== value;
    case '>':
      return (labels) => labels[key] !== undefined && Number(labels[key]) > Number(value);
    case '<':
      return (labels) => labels[key] !== undefined && Number(labels[key]) < Number(value);
    default:
      return (labels) => labels[key] === value;
  }
}

function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    if (text[at] === ')') depth--;
    if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.filter((part) => part.trim() !== '');
}

/** Fields beyond metadata.name and metadata.namespace that each stored resource can be selected by. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  secrets: ['type'],
  services: ['spec.clusterIP', 'spec.type'],
  replicationcontrollers: ['status.replicas'],
  'replicasets.apps': ['status.replicas'],
  'jobs.batch': ['status.successful'],
  'certificatesigningrequests.certificates.k8s.io': ['spec.signerName'],
};

/** Reads `metadata.name=a,spec.nodeName!=b`; throws when the resource cannot be selected by a field. */
export function parseFieldSelector(text: string, storage: string, extra: readonly string[] = []): Predicate {
  const known = ['metadata.name', 'metadata.namespace', ...(selectable[storage] ?? []), ...extra];
  const tests = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(.*?)(!=|==|=)(.*)$/.exec(part);
      if (!match) throw badRequest(`invalid field selector; can't understand '${part}'`);
      const [, field, operator, value] = match as unknown as [string, string, string, string];
      if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
      return (object: KubeObject) => (fieldValue(object, field) === value) === (operator !== '!=');
    });
  return (object) => tests.every((test) => test(object));
}

function fieldValue(object: KubeObject, field: string): string {
  if (field === 'source') return object.source?.component ?? object.reportingComponent ?? '';
  if (field === 'status.successful') return String(object.status?.succeeded ?? 0);
  let value: any = object;
  for (const part of field.split('.')) value = value?.[part];
  if (value === undefined || value === null) {
    if (field === 'spec.unschedulable' || field === 'spec.hostNetwork') return 'false';
    return field === 'status.replicas' ? '0' : '';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The predicate that a request's labelSelector and fieldSelector describe; undefined when it matches everything. */
export function requestPredicate(
  query: URLSearchParams,
  storage: string,
  extra?: readonly string[],
): Predicate | undefined {
  const labelText = query.get('labelSelector') ?? '';
  const fieldText = query.get('fieldSelector') ?? '';
  const labels = labelText === '' ? undefined : parseLabelSelector(labelText);
  const fields = fieldText === '' ? undefined : parseFieldSelector(fieldText, storage, extra);
  if (!labels && !fields) return undefined;
  return (object) => (!labels || labels(object.metadata.labels ?? {})) && (!fields || fields(object));
}
