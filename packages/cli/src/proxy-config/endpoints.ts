import type { View } from './view.ts';

interface EndpointRow {
  readonly endpoint: string;
  readonly status: string;
  readonly outlier: string;
  readonly cluster: string;
}

function hostStatuses(clusters: any): EndpointRow[] {
  return (clusters.cluster_statuses ?? []).flatMap((cluster: any) =>
    (cluster.host_statuses ?? []).map((host: any): EndpointRow => {
      const socket = host.address?.socket_address;
      const endpoint = socket ? `${socket.address}:${socket.port_value}` : (host.address?.pipe?.path ?? '');
      const health = host.health_status ?? {};
      return {
        endpoint,
        status: health.eds_health_status ?? 'HEALTHY',
        outlier: health.failed_outlier_check ? 'FAILED' : 'OK',
        cluster: cluster.name,
      };
    }),
  );
}

/** `istioctl proxy-config endpoints`, from the admin's `/clusters?format=json`. */
export const endpoints: Pick<View, 'name' | 'aliases' | 'filters' | 'head' | 'rows'> & {
  select(clusters: any, filters: Readonly<Record<string, string | undefined>>): any[];
} = {
  name: 'endpoints',
  aliases: ['endpoint', 'ep', 'e'],
  filters: ['address', 'port', 'cluster', 'status'],
  head: ['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER'],
  select: (clusters, filters) =>
    hostStatuses(clusters).filter(
      (row) =>
        (!filters.cluster || row.cluster === filters.cluster) &&
        (!filters.address || row.endpoint.startsWith(`${filters.address}:`)) &&
        (!filters.port || row.endpoint.endsWith(`:${filters.port}`)) &&
        (!filters.status || row.status.toLowerCase() === filters.status.toLowerCase()),
    ),
  rows: (selected) =>
    (selected as EndpointRow[])
      .map((row) => [row.endpoint, row.status, row.outlier, row.cluster])
      .sort((a, b) => a.join(' ').localeCompare(b.join(' '))),
};
