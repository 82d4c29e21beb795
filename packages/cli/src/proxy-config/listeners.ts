import type { Filters, View } from './view.ts';

function socketAddress(listener: any): { address: string; port: string } {
  const socket = listener.address?.socket_address ?? {};
  return { address: socket.address ?? '', port: String(socket.port_value ?? 0) };
}

function matches(listener: any, filters: Filters): boolean {
  const { address, port } = socketAddress(listener);
  return (!filters.address || address === filters.address) && (!filters.port || port === filters.port);
}

function describeMatch(match: any): string {
  if (!match) return 'ALL';
  const parts: string[] = [];
  if (match.server_names?.length) parts.push(`SNI: ${match.server_names.join(',')}`);
  if (match.transport_protocol) parts.push(`Trans: ${match.transport_protocol}`);
  if (match.application_protocols?.length) parts.push(`App: ${match.application_protocols.join(',')}`);
  const ranges = (match.prefix_ranges ?? []).map(
    (range: any) => `${range.address_prefix}/${range.prefix_len ?? 0}`,
  );
  if (ranges.length > 0) parts.push(`Addr: ${ranges.join(',')}`);
  if (match.destination_port) parts.push(`Port: ${match.destination_port}`);
  return parts.length === 0 ? 'ALL' : parts.join('; ');
}

function describeHttp(manager: any): string {
  if (manager.rds) return `Route: ${manager.rds.route_config_name}`;
  const hosts = manager.route_config?.virtual_hosts ?? [];
  const routes = hosts.flatMap((host: any) =>
    (host.routes ?? []).map((route: any) => `${host.domains?.[0] ?? '*'}${describePath(route.match)}`),
  );
  return `Inline Route: ${routes.join(', ')}`;
}

function describePath(match: any): string {
  if (match?.path) return match.path;
  if (match?.path_separated_prefix) return `${match.path_separated_prefix}*`;
  if (match?.safe_regex) return `regex ${match.safe_regex.regex}`;
  return `${match?.prefix ?? ''}*`;
}

function describeTcp(proxy: any): string {
  if (proxy.cluster) return `Cluster: ${proxy.cluster}`;
  const weighted = proxy.weighted_clusters?.clusters ?? [];
  return weighted.map((entry: any) => `Cluster: ${entry.name} weight: ${entry.weight}`).join('; ');
}

function describeDestination(chain: any): string {
  for (const filter of chain.filters ?? []) {
    const config = filter.typed_config ?? {};
    const type = String(config['@type'] ?? '');
    if (type.endsWith('.HttpConnectionManager')) return describeHttp(config);
    if (type.endsWith('.TcpProxy')) return describeTcp(config);
  }
  return 'Non-HTTP/Non-TCP';
}

/** `istioctl proxy-config listeners`: a row for each filter chain. */
export const listeners: View = {
  name: 'listeners',
  aliases: ['listener', 'l'],
  filters: ['address', 'port'],
  head: ['ADDRESSES', 'PORT', 'MATCH', 'DESTINATION'],
  select: (dump, filters) => dump.listeners.filter((listener) => matches(listener, filters)),
  rows: (selected) =>
    [...selected]
      .sort((a, b) => Number(socketAddress(a).port) - Number(socketAddress(b).port))
      .flatMap((listener) => {
        const { address, port } = socketAddress(listener);
        const chains = [
          ...(listener.filter_chains ?? []),
          ...(listener.default_filter_chain ? [listener.default_filter_chain] : []),
        ];
        return chains.map((chain: any) => [
          address,
          port,
          describeMatch(chain.filter_chain_match),
          describeDestination(chain),
        ]);
      }),
};
