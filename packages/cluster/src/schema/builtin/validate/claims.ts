import { forbidden, invalidValue, notSupported, required } from '../../errors.ts';
import { deepEqual } from '../../patch/json.ts';
import { compareQuantity, parseQuantity } from '../../quantity.ts';
import type { FieldError, KubeObject } from '../../types.ts';
import { isDns1123Subdomain } from '../../validation/names.ts';
import { labelSelector, named, oneOf, optionalOneOf } from './rules.ts';

const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

export function validateClaimSpec(spec: any, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const access: string[] = spec.accessModes ?? [];
  if (access.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  if (spec.selector) errors.push(...labelSelector(`${path}.selector`, spec.selector));
  for (const mode of access) errors.push(...oneOf(`${path}.accessModes`, mode, modes));
  if (access.includes('ReadWriteOncePod') && access.length > 1) {
    errors.push(forbidden(`${path}.accessModes`, 'may not use ReadWriteOncePod with other access modes'));
  }
  errors.push(...storageRequest(spec.resources?.requests?.storage, `${path}.resources[storage]`));
  if (spec.storageClassName)
    errors.push(...named(`${path}.storageClassName`, spec.storageClassName, isDns1123Subdomain));
  return [...errors, ...optionalOneOf(`${path}.volumeMode`, spec.volumeMode, ['Block', 'Filesystem'])];
}

function storageRequest(amount: string | undefined, field: string): FieldError[] {
  if (amount === undefined) return [required(field)];
  const quantity = parseQuantity(amount);
  return quantity !== undefined && quantity.nano <= 0n
    ? [invalidValue(field, amount, 'must be greater than zero')]
    : [];
}

const immutableText =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

export function validateClaim(claim: KubeObject, old?: KubeObject): FieldError[] {
  const errors = validateClaimSpec(claim.spec ?? {}, 'spec');
  if (old === undefined) return errors;
  const fixed = ({
    resources: _resources,
    volumeName: _volume,
    volumeAttributesClassName: _class,
    ...spec
  }: any) => spec;
  if (!deepEqual(fixed(claim.spec), fixed(old.spec))) errors.push(forbidden('spec', immutableText));
  const [now, before] = [claim, old].map(({ spec }) =>
    parseQuantity(spec.resources?.requests?.storage ?? ''),
  );
  if (now !== undefined && before !== undefined && compareQuantity(now, before) < 0) {
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  return errors;
}

const volumeSources = (
  'hostPath gcePersistentDisk awsElasticBlockStore glusterfs flocker nfs rbd quobyte cephfs iscsi cinder fc flexVolume ' +
  'azureFile vsphereVolume photonPersistentDisk portworxVolume azureDisk scaleIO local storageos csi'
).split(' ');

export function validateVolume(volume: KubeObject): FieldError[] {
  const spec = volume.spec ?? {};
  const access: string[] = spec.accessModes ?? [];
  const errors =
    access.length === 0
      ? [required('spec.accessModes')]
      : access.flatMap((mode) => oneOf('spec.accessModes', mode, modes));
  const capacity = Object.keys(spec.capacity ?? {});
  if (capacity.length === 0) errors.push(required('spec.capacity'));
  if (capacity.length !== 1 || capacity[0] !== 'storage') {
    errors.push(notSupported('spec.capacity', spec.capacity ?? null, ['storage']));
  }
  if (!volumeSources.some((source) => spec[source] !== undefined))
    errors.push(required('spec', 'must specify a volume type'));
  return errors;
}
