import type { Endpoint, Locality } from '../../ir/service.ts';
import type { Json } from '../context.ts';

export function localityJson({ region, zone, subZone }: Locality): Json {
  return { ...(region ? { region } : {}), ...(zone ? { zone } : {}), ...(subZone ? { subZone } : {}) };
}

/** `workload;namespace;canonical service;canonical revision;cluster`. */
export function workloadKey(endpoint: Endpoint, cluster: string): string {
  const { labels, workloadName, namespace } = endpoint;
  const service =
    labels['service.istio.io/canonical-name'] ??
    labels['app.kubernetes.io/name'] ??
    labels.app ??
    workloadName;
  const revision =
    labels['service.istio.io/canonical-revision'] ??
    labels['app.kubernetes.io/version'] ??
    labels.version ??
    '';
  return [workloadName, namespace, service, revision === 'latest' ? '' : revision, cluster].join(';');
}
