import type { KubeObject } from '@lateen/kube';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const sliceManager = 'endpointslice-controller.k8s.io';
export const mirrorManager = 'endpointslicemirroring-controller.k8s.io';
export const endpointsManagedByLabel = 'endpoints.kubernetes.io/managed-by';
export const endpointsManager = 'endpoint-controller';
const headlessLabel = 'service.kubernetes.io/headless';

/** The Service's own labels, as its Endpoints and slices carry them, and a mark on those of headless Services. */
export function inheritedLabels(service: KubeObject): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  return service.spec.clusterIP === 'None' ? { ...labels, [headlessLabel]: '' } : labels;
}

/** Whether the cluster fills in the endpoints of this Service. */
export function isSelecting(service: KubeObject | undefined): service is KubeObject {
  return (
    service?.spec.selector !== undefined &&
    service.spec.selector !== null &&
    service.spec.type !== 'ExternalName'
  );
}
