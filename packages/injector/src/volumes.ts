import { type Annotations, sidecar } from './annotations.ts';

const standard = [
  { name: 'workload-socket', emptyDir: {} },
  { name: 'credential-socket', emptyDir: {} },
  { name: 'workload-certs', emptyDir: {} },
  { name: 'istio-envoy', emptyDir: { medium: 'Memory' } },
  { name: 'istio-data', emptyDir: {} },
  {
    name: 'istio-podinfo',
    downwardAPI: {
      items: [
        { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
        { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } },
      ],
    },
  },
  {
    name: 'istio-token',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'istio-token', expirationSeconds: 43200, audience: 'istio-ca' } },
      ],
    },
  },
  { name: 'istiod-ca-cert', configMap: { name: 'istio-ca-root-cert', optional: true } },
];

/** The sidecar's volumes, and those that the pod's annotation adds. */
export function sidecarVolumes(annotations: Annotations): { name: string }[] {
  const text = annotations[sidecar('userVolume')];
  const own: Record<string, any>[] = text ? JSON.parse(text) : [];
  return [...structuredClone(standard), ...(own as { name: string }[])];
}
