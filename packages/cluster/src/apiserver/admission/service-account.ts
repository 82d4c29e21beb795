import { randomBytes } from 'node:crypto';
import type { KubeObject } from '@lateen/kube/types';
import type { Attributes } from '../engine/attributes.ts';
import { cloneJson } from '../engine/clone.ts';
import { type ApiError, forbidden } from '../errors.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** Gives a pod its service account, and the account's token as a volume. */
export function serviceAccount(attributes: Attributes): void {
  const { operation, served, subresource, core, namespace } = attributes;
  if (operation !== 'CREATE' || served.resource.storage !== 'pods' || subresource !== '') return;
  const pod = attributes.object!;
  if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) return;
  pod.spec ??= {};
  pod.spec.serviceAccountName ||= pod.spec.serviceAccount || 'default';
  pod.spec.serviceAccount = pod.spec.serviceAccountName;
  const name: string = pod.spec.serviceAccountName;
  const account = core.store.collection('serviceaccounts').get(namespace, name)?.object;
  if (!account) throw missing(pod, namespace, name);
  if (!pod.spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
    pod.spec.imagePullSecrets = cloneJson(account.imagePullSecrets);
  }
  const wanted = pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  if (wanted) mountToken(pod);
}

function missing(pod: KubeObject, namespace: string, name: string): ApiError {
  const why = `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
  return forbidden({ group: '', resource: 'pods' }, pod.metadata.name ?? '', why);
}

function mountToken(pod: KubeObject): void {
  const volumes: any[] = pod.spec.volumes ?? [];
  const present = volumes.find((volume) => volume.name?.startsWith('kube-api-access-') && volume.projected);
  const volumeName = present?.name ?? generateName();
  let used = false;
  for (const container of [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])]) {
    const mounts: any[] = container.volumeMounts ?? [];
    if (mounts.some((mount) => mount.mountPath === mountPath)) continue;
    container.volumeMounts = [...mounts, { name: volumeName, readOnly: true, mountPath }];
    used = true;
  }
  if (used && !present) pod.spec.volumes = [...volumes, { name: volumeName, projected: tokenProjection() }];
}

function generateName(): string {
  return `kube-api-access-${[...randomBytes(5)].map((octet) => alphabet[octet % alphabet.length]).join('')}`;
}

function tokenProjection(): unknown {
  return {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 420,
  };
}
