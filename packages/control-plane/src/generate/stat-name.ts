import type { Service, ServicePort } from '../ir/service.ts';
import { clusterName } from './names.ts';

/** A name for statistics: the cluster's own, or what the mesh's pattern makes of it. */
export function statName(
  pattern: string | undefined,
  service: Service,
  port: ServicePort | undefined,
  subset: string | undefined,
  fallback = clusterName(port?.number ?? 0, subset ?? '', service.host),
): string {
  if (!pattern) return fallback;
  return pattern
    .replaceAll('%SERVICE%', `${service.name}.${service.namespace}`)
    .replaceAll('%SERVICE_NAME%', service.name)
    .replaceAll('%SERVICE_FQDN%', service.host)
    .replaceAll('%SERVICE_PORT%', port ? String(port.number) : '')
    .replaceAll('%SERVICE_PORT_NAME%', port?.name ?? '')
    .replaceAll(
      '%TARGET_PORT%',
      port?.targetPort === undefined ? String(port?.number ?? '') : String(port.targetPort),
    )
    .replaceAll('%SUBSET_NAME%', subset ?? '');
}

/** What the pattern makes of no service at all. */
export function nowhereStatName(pattern: string): string {
  return pattern.replaceAll(/%(SERVICE_PORT|TARGET_PORT)%/g, '0').replaceAll(/%[A-Z_]+%/g, '');
}
