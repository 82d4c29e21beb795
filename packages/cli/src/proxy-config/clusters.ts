import { configOrigin } from './dump.ts';
import type { Filters, View } from './view.ts';

interface ClusterName {
  readonly direction: string;
  readonly port: string;
  readonly subset: string;
  readonly host: string;
}

function clusterName(name: string): ClusterName {
  const parts = name.split('|');
  if (parts.length !== 4) return { direction: '-', port: '-', subset: '-', host: name };
  const [direction, port, subset, host] = parts as [string, string, string, string];
  return { direction, port, subset: subset || '-', host };
}

function matches(cluster: any, filters: Filters): boolean {
  const name = clusterName(cluster.name);
  return (
    (!filters.fqdn || name.host === filters.fqdn) &&
    (!filters.port || name.port === filters.port) &&
    (!filters.subset || name.subset === filters.subset) &&
    (!filters.direction || name.direction === filters.direction)
  );
}

/** `istioctl proxy-config clusters`. */
export const clusters: View = {
  name: 'clusters',
  aliases: ['cluster', 'c'],
  filters: ['fqdn', 'port', 'subset', 'direction'],
  head: ['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'DESTINATION RULE'],
  select: (dump, filters) => dump.clusters.filter((cluster) => matches(cluster, filters)),
  rows: (selected) =>
    selected
      .map((cluster) => {
        const { host, port, subset, direction } = clusterName(cluster.name);
        return [
          host,
          port,
          subset,
          direction,
          cluster.cluster_type?.name ?? cluster.type ?? 'STATIC',
          configOrigin(cluster.metadata),
        ];
      })
      .sort((a, b) => a.join(' ').localeCompare(b.join(' '))),
};
