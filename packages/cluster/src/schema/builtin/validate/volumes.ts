import { duplicate, forbidden, invalidValue, notSupported, required } from '../../errors.ts';
import type { FieldError } from '../../types.ts';
import { isDns1123Label } from '../../validation/names.ts';
import { noBacksteps, relativePath, validateFieldRef } from './container.ts';
import { requiredName } from './rules.ts';

const volumeTypes = (
  'emptyDir hostPath gitRepo gcePersistentDisk awsElasticBlockStore secret nfs iscsi glusterfs flocker ' +
  'persistentVolumeClaim rbd cinder cephfs quobyte downwardAPI fc flexVolume configMap azureFile vsphereVolume ' +
  'photonPersistentDisk portworxVolume azureDisk storageos projected scaleIO csi ephemeral image'
).split(' ');

/** The volumes of a pod: the names of those that are right, and what is wrong with the others. */
export function validateVolumes(
  volumes: readonly any[],
  path: string,
): { names: Set<string>; errors: FieldError[] } {
  const names = new Set<string>();
  const errors: FieldError[] = [];
  volumes.forEach((volume, index) => {
    const at = `${path}[${index}]`;
    const own = [
      ...validateVolumeSource(volume, at),
      ...requiredName(`${at}.name`, volume.name, isDns1123Label),
    ];
    if (names.has(volume.name)) own.push(duplicate(`${at}.name`, volume.name));
    if (own.length === 0) names.add(volume.name);
    errors.push(...own);
  });
  return { names, errors };
}

function validateVolumeSource(volume: any, path: string): FieldError[] {
  const given = volumeTypes.filter((type) => volume[type] !== undefined);
  if (given.length === 0) return [required(path, 'must specify a volume type')];
  return given.flatMap((type, index) =>
    index === 0
      ? (volumeRules[type]?.(volume[type], `${path}.${type}`) ?? [])
      : [forbidden(`${path}.${type}`, 'may not specify more than 1 volume type')],
  );
}

function requiredField(source: any, path: string, field: string): FieldError[] {
  return source[field] ? [] : [required(`${path}.${field}`)];
}

function fileMode(field: string, mode: number | undefined): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

function keysToPaths(items: readonly any[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item, index) => {
    const at = `${path}[${index}]`;
    return [
      ...requiredField(item, at, 'key'),
      ...requiredField(item, at, 'path'),
      ...(item.path ? relativePath(`${at}.path`, item.path) : []),
      ...fileMode(`${at}.mode`, item.mode),
    ];
  });
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

const volumeRules: Readonly<Record<string, (source: any, path: string) => FieldError[]>> = {
  hostPath: (source, path) => {
    if (!source.path) return [required(`${path}.path`)];
    const wrong = source.type !== undefined && !hostPathTypes.includes(source.type);
    return [
      ...noBacksteps(`${path}.path`, source.path),
      ...(wrong ? [notSupported(`${path}.type`, source.type, hostPathTypes)] : []),
    ];
  },
  secret: (source, path) => [
    ...requiredField(source, path, 'secretName'),
    ...fileMode(`${path}.defaultMode`, source.defaultMode),
    ...keysToPaths(source.items, `${path}.items`),
  ],
  configMap: (source, path) => [
    ...requiredField(source, path, 'name'),
    ...fileMode(`${path}.defaultMode`, source.defaultMode),
    ...keysToPaths(source.items, `${path}.items`),
  ],
  persistentVolumeClaim: (source, path) => requiredField(source, path, 'claimName'),
  nfs: (source, path) => [...requiredField(source, path, 'server'), ...requiredField(source, path, 'path')],
  csi: (source, path) => requiredField(source, path, 'driver'),
  downwardAPI: (source, path) => downwardFiles(source.items, path),
  projected: validateProjected,
};

function downwardFiles(items: readonly any[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item) => {
    const errors = item.path ? relativePath(`${path}.path`, item.path) : [required(`${path}.path`)];
    if (item.fieldRef) errors.push(...validateFieldRef(item.fieldRef, `${path}.fieldRef`));
    else if (!item.resourceFieldRef) {
      errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
    }
    return errors;
  });
}

function validateProjected(source: any, path: string): FieldError[] {
  const sources: any[] = source.sources ?? [];
  const errors = fileMode(`${path}.defaultMode`, source.defaultMode);
  return [
    ...errors,
    ...sources.flatMap((projection, index) => {
      const at = `${path}.sources[${index}]`;
      const own: FieldError[] = [];
      for (const type of ['secret', 'configMap']) {
        if (projection[type]) own.push(...requiredField(projection[type], `${at}.${type}`, 'name'));
      }
      const token = projection.serviceAccountToken;
      if (token && token.expirationSeconds < 600) {
        own.push(
          invalidValue(
            `${at}.serviceAccountToken.expirationSeconds`,
            token.expirationSeconds,
            'may not specify a duration less than 10 minutes',
          ),
        );
      }
      if (token && !token.path) own.push(required(`${path}.path`));
      return [...own, ...downwardFiles(projection.downwardAPI?.items, path)];
    }),
  ];
}
