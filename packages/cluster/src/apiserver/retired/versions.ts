import { cloneJson } from '../engine/clone.ts';
import type { ServedVersion } from '../resource.ts';
import { type Conversion, conversions } from './conversions.ts';

/** group, version, resources as `plural=stored group`; the stored group is the same one when not given. */
const table: readonly (readonly [string, string, string])[] = [
  [
    'extensions',
    'v1beta1',
    'deployments=apps daemonsets=apps replicasets=apps ingresses=networking.k8s.io networkpolicies=networking.k8s.io',
  ],
  ['apps', 'v1beta1', 'deployments statefulsets controllerrevisions'],
  ['apps', 'v1beta2', 'deployments statefulsets daemonsets replicasets controllerrevisions'],
  ['apiextensions.k8s.io', 'v1beta1', 'customresourcedefinitions'],
  [
    'admissionregistration.k8s.io',
    'v1beta1',
    'mutatingwebhookconfigurations validatingwebhookconfigurations',
  ],
  ['rbac.authorization.k8s.io', 'v1beta1', 'roles rolebindings clusterroles clusterrolebindings'],
  ['policy', 'v1beta1', 'poddisruptionbudgets'],
  ['autoscaling', 'v2beta1', 'horizontalpodautoscalers'],
  ['autoscaling', 'v2beta2', 'horizontalpodautoscalers'],
  ['batch', 'v1beta1', 'cronjobs'],
  ['networking.k8s.io', 'v1beta1', 'ingresses ingressclasses'],
  ['storage.k8s.io', 'v1beta1', 'storageclasses csidrivers csinodes volumeattachments'],
  ['scheduling.k8s.io', 'v1beta1', 'priorityclasses'],
  ['coordination.k8s.io', 'v1beta1', 'leases'],
  ['discovery.k8s.io', 'v1beta1', 'endpointslices'],
];

/** Versions that Kubernetes has given up: read and written as then, stored as today. */
export function retiredVersions(today: readonly ServedVersion[]): ServedVersion[] {
  const stored = new Map<string, ServedVersion>();
  for (const served of today) {
    const { resource, group, version } = served;
    if (resource.group === group && resource.version === version) stored.set(resource.storage, served);
  }
  return table.flatMap(([group, version, resources]) =>
    resources.split(' ').map((text) => {
      const [plural = '', storedGroup = group] = text.split('=');
      const modern = stored.get(`${plural}.${storedGroup}`)!;
      const conversion: Conversion | undefined = conversions[`${plural}/${version}`] ?? conversions[plural];
      return {
        group,
        version,
        resource: modern.resource,
        subresources: modern.subresources,
        columns: modern.columns,
        retired: true,
        toStored: (object) => {
          const converted = conversion ? conversion.toStored(cloneJson(object)) : object;
          return { ...converted, apiVersion: `${modern.group}/${modern.version}` };
        },
        fromStored: (object) => (conversion?.fromStored ? conversion.fromStored(cloneJson(object)) : object),
      };
    }),
  );
}
