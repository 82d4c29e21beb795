import type { KubeObject } from '@lateen/kube/types';
import {
  fieldSelectorMatches,
  labelsMatch,
  parseFieldSelector,
  parseLabelSelector,
} from '../schema/index.ts';
import { badRequest } from './errors.ts';
import type { ServedVersion } from './resource.ts';

export type Predicate = (object: KubeObject) => boolean;

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

/** Names that another version has for the same fields. */
const aliases: Readonly<Record<string, string>> = {
  reportingController: 'reportingComponent',
  'regarding.kind': 'involvedObject.kind',
  'regarding.namespace': 'involvedObject.namespace',
  'regarding.name': 'involvedObject.name',
  'regarding.uid': 'involvedObject.uid',
  'regarding.apiVersion': 'involvedObject.apiVersion',
  'regarding.resourceVersion': 'involvedObject.resourceVersion',
  'regarding.fieldPath': 'involvedObject.fieldPath',
};

function fieldPredicate(text: string, served: ServedVersion): Predicate {
  const { storage } = served.resource;
  const { requirements, error } = parseFieldSelector(text);
  if (error !== undefined) throw badRequest(error);
  const own = [...(selectable[storage] ?? []), ...(served.custom?.selectableFields ?? [])];
  const known = ['metadata.name', 'metadata.namespace', ...own.map((field) => field.replace(/^\./, ''))];
  const renamed = requirements.map((one) => ({ ...one, field: aliases[one.field] ?? one.field }));
  for (const [index, { field }] of renamed.entries()) {
    if (!known.includes(field)) throw unknownField(requirements[index]!.field, served);
  }
  return (object) => fieldSelectorMatches(renamed, (field) => fieldValue(object, field));
}

/** Two texts: kinds with fields of their own, and those that only have a name. */
function unknownField(field: string, { resource }: ServedVersion): Error {
  if (selectable[resource.storage] || resource.custom)
    return badRequest(`field label not supported: ${field}`);
  const only = 'only "metadata.name", "metadata.namespace"';
  return badRequest(`${JSON.stringify(field)} is not a known field selector: ${only}`);
}

function fieldValue(object: KubeObject, field: string): string {
  if (field === 'source') return object.source?.component || object.reportingComponent || '';
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
export function requestPredicate(query: URLSearchParams, served: ServedVersion): Predicate | undefined {
  const labelText = query.get('labelSelector') ?? '';
  const fieldText = query.get('fieldSelector') ?? '';
  const fields = fieldText === '' ? undefined : fieldPredicate(fieldText, served);
  if (labelText === '') return fields;
  const { requirements, error } = parseLabelSelector(labelText);
  if (error !== undefined) throw badRequest(error);
  const labels: Predicate = (object) => labelsMatch(requirements, object.metadata.labels);
  return fields ? (object) => labels(object) && fields(object) : labels;
}
