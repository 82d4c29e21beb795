import type { Service } from '../../ir/service.ts';
import type { Generating } from '../context.ts';

/** All names by which clients of the proxy's namespace call a service, and its addresses. */
export function serviceDomains(context: Generating, service: Service, aliases: readonly Service[]): string[] {
  const names = hostDomains(context, service);
  const wild =
    service.resolution === 'headless' && service.kubernetes ? names.map((name) => `*.${name}`) : [];
  const others = aliases.flatMap((alias) => hostDomains(context, alias));
  return unique([...names, ...service.addresses.map(bracketed), ...wild, ...others]);
}

function hostDomains(context: Generating, service: Service): string[] {
  const { host, name, namespace } = service;
  if (!service.kubernetes) return [host, `${host}.`];
  if (namespace !== context.scope.node.namespace)
    return [host, `${host}.`, `${name}.${namespace}`, `${name}.${namespace}.svc`];
  return [host, `${host}.`, name, `${name}.${namespace}.svc`, `${name}.${namespace}`];
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
