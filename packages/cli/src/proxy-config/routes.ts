import { configOrigin } from './dump.ts';
import type { View } from './view.ts';

function pathOf(match: any): string {
  if (match?.path) return match.path;
  if (match?.path_separated_prefix) return `PathPrefix:${match.path_separated_prefix}`;
  if (match?.safe_regex) return `regex ${match.safe_regex.regex}`;
  return `${match?.prefix ?? ''}*`;
}

function describeMatch(route: any): string {
  const conditions = [...(route.match?.headers ?? []), ...(route.match?.query_parameters ?? [])].length;
  return conditions > 0 ? `${pathOf(route.match)} [${conditions} more]` : pathOf(route.match);
}

function domainsOf(host: any): string {
  const [first, ...others] = host.domains ?? [];
  return others.length > 0
    ? `${first}, ${others[0]}${others.length > 1 ? ` + ${others.length - 1} more...` : ''}`
    : (first ?? '');
}

/** `istioctl proxy-config routes`: a row for each route. */
export const routes: View = {
  name: 'routes',
  aliases: ['route', 'r'],
  filters: ['name'],
  head: ['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE'],
  select: (dump, filters) => dump.routes.filter((route) => !filters.name || route.name === filters.name),
  rows: (selected) =>
    [...selected]
      .sort((a, b) => String(a.name).localeCompare(String(b.name), 'en', { numeric: true }))
      .flatMap((configuration) =>
        (configuration.virtual_hosts ?? []).flatMap((host: any) =>
          (host.routes ?? []).map((route: any) => [
            configuration.name ?? '',
            host.name,
            domainsOf(host),
            describeMatch(route),
            route.route || route.redirect || route.direct_response ? configOrigin(route.metadata) : '404',
          ]),
        ),
      ),
};
