import { child, forbidden, invalidValue, required } from '../errors.ts';
import { byteOrder } from '../gotext.ts';
import type { FieldError, KubeObject } from '../types.ts';
import {
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
  maskTrailingDash,
} from './names.ts';

export type NameRule = (name: string) => string[];

const annotationLimit = 256 * 1024;
const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** Names, labels, annotations, owner references, finalizers; with `old` what an update may change. */
export function validateObjectMeta(
  object: KubeObject,
  namespaced: boolean,
  old?: KubeObject,
  nameRule: NameRule = isDns1123Subdomain,
): FieldError[] {
  const metadata = object.metadata ?? {};
  return old === undefined
    ? [...validateNames(metadata, namespaced, nameRule), ...validateCommon(metadata, true)]
    : [...validateMetaUpdate(metadata, old.metadata), ...validateCommon(metadata, false)];
}

function validateNames(
  metadata: KubeObject['metadata'],
  namespaced: boolean,
  nameRule: NameRule,
): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '', generateName = '', namespace = '' } = metadata;
  if (generateName !== '') {
    const complaints = nameRule(maskTrailingDash(generateName));
    errors.push(...complaints.map((text) => invalidValue('metadata.generateName', generateName, text)));
  }
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...nameRule(name).map((text) => invalidValue('metadata.name', name, text)));
  if (!namespaced) {
    if (namespace !== '') errors.push(forbidden('metadata.namespace', 'not allowed on this type'));
  } else if (namespace === '') errors.push(required('metadata.namespace'));
  else
    errors.push(
      ...isDns1123Label(namespace).map((text) => invalidValue('metadata.namespace', namespace, text)),
    );
  return errors;
}

function validateCommon(metadata: KubeObject['metadata'], creating: boolean): FieldError[] {
  return [
    ...validateLabels(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations, 'metadata.annotations'),
    ...validateOwnerReferences(metadata.ownerReferences ?? []),
    ...(creating ? validateFinalizers(metadata.finalizers ?? []) : []),
  ];
}

function sortedEntries(map: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(map ?? {}).toSorted(([a], [b]) => byteOrder(a, b));
}

export function validateLabels(labels: Record<string, string> | undefined, field: string): FieldError[] {
  return sortedEntries(labels).flatMap(([key, value]) => [
    ...isQualifiedName(key).map((text) => invalidValue(field, key, text)),
    ...isLabelValue(value).map((text) => invalidValue(field, value, text)),
  ]);
}

export function validateAnnotations(
  annotations: Record<string, string> | undefined,
  field: string,
): FieldError[] {
  const entries = sortedEntries(annotations);
  const errors = entries.flatMap(([key]) =>
    isQualifiedName(key.toLowerCase()).map((text) => invalidValue(field, key, text)),
  );
  const size = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  if (size > annotationLimit) {
    errors.push({
      reason: 'FieldValueTooLong',
      field,
      message: `Too long: may not be more than ${annotationLimit} bytes`,
    });
  }
  return errors;
}

function validateOwnerReferences(
  references: NonNullable<KubeObject['metadata']['ownerReferences']>,
): FieldError[] {
  const field = 'metadata.ownerReferences';
  const errors = references.flatMap((reference) => validateOwner(reference, field));
  const controllers = references.filter((reference) => reference.controller === true);
  for (const other of controllers.slice(1)) {
    const [first] = controllers;
    const text = `Only one reference can have Controller set to true. Found "true" in references for ${first!.kind}/${first!.name} and ${other.kind}/${other.name}`;
    errors.push(invalidValue(field, references, text));
  }
  return errors;
}

function validateOwner(reference: any, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const version = String(reference.apiVersion ?? '')
    .split('/')
    .at(-1);
  if (version === '')
    errors.push(
      invalidValue(child(field, 'apiVersion'), reference.apiVersion ?? '', 'version must not be empty'),
    );
  for (const key of ['kind', 'name', 'uid']) {
    if (!reference[key])
      errors.push(invalidValue(child(field, key), reference[key] ?? '', 'must not be empty'));
  }
  if (reference.kind === 'Event' && reference.apiVersion === 'v1') {
    errors.push(invalidValue(field, reference, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
}

const standardFinalizers: ReadonlySet<string> = new Set(['kubernetes', orphan, foreground]);

function validateFinalizers(finalizers: readonly string[]): FieldError[] {
  const field = 'metadata.finalizers';
  const errors = finalizers.flatMap((name) =>
    isQualifiedName(name).map((text) => invalidValue(field, name, text)),
  );
  if (finalizers.includes(orphan) && finalizers.includes(foreground)) {
    errors.push(invalidValue(field, finalizers, `finalizer ${orphan} and ${foreground} cannot be both set`));
  }
  return errors;
}

/** Built-in kinds take a finalizer without a domain only when it is Kubernetes' own. */
export function finalizerName(name: string, field: string): FieldError[] {
  if (name.includes('/') || standardFinalizers.has(name)) return [];
  return [invalidValue(field, name, 'name is neither a standard finalizer name nor is it fully qualified')];
}

export function validateFinalizerNames(finalizers: readonly string[], field: string): FieldError[] {
  return finalizers.flatMap((name) => [
    ...isQualifiedName(name).map((text) => invalidValue(field, name, text)),
    ...finalizerName(name, field),
  ]);
}

const immutable = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

function validateMetaUpdate(metadata: KubeObject['metadata'], old: KubeObject['metadata']): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined)
    errors.push(...noNewFinalizers(metadata.finalizers, old.finalizers));
  if (!metadata.resourceVersion) {
    errors.push(invalidValue('metadata.resourceVersion', '', 'must be specified for an update'));
  }
  if ((metadata.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalidValue('metadata.generation', metadata.generation ?? 0, 'must not be decremented'));
  }
  for (const field of immutable) {
    if (metadata[field] === old[field]) continue;
    const shown = metadata[field] ?? (field.endsWith('Timestamp') || field.endsWith('Seconds') ? null : '');
    errors.push(invalidValue(`metadata.${field}`, shown, 'field is immutable'));
  }
  return errors;
}

function noNewFinalizers(now: readonly string[] = [], before: readonly string[] = []): FieldError[] {
  const extra = now.filter((name) => !before.includes(name)).toSorted(byteOrder);
  if (extra.length === 0) return [];
  const list = `[]string{${extra.map((name) => JSON.stringify(name)).join(', ')}}`;
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  return [forbidden('metadata.finalizers', text)];
}
