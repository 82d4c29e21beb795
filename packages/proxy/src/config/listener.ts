import { isIP } from 'node:net';
import type { Problem } from '@lateen/kit';
import type { SocketAddress } from '../connection-info.ts';
import { type Message, Problems, words } from './problems.ts';
import { milliseconds, socketAddress, typeName } from './values.ts';

export type ListenerFilterConfig =
  | { readonly kind: 'original_dst' | 'tls_inspector' | 'http_inspector' }
  | { readonly kind: 'proxy_protocol'; readonly optional: boolean };

/** A listener message that was found good, without its filter chains. */
export interface ListenerConfig {
  readonly name: string;
  readonly message: Message;
  readonly addresses: readonly SocketAddress[];
  readonly statName: string;
  readonly bindToPort: boolean;
  readonly transparent: boolean;
  readonly useOriginalDestination: boolean;
  readonly listenerFilters: readonly ListenerFilterConfig[];
  /** Milliseconds; 0 means no limit. */
  readonly listenerFiltersTimeout: number;
  readonly continueOnTimeout: boolean;
  readonly keepAlive: { readonly delay: number } | undefined;
  readonly backlog: number | undefined;
  readonly reusePort: boolean;
}

const known =
  words(`name address additionalAddresses statPrefix filterChains filterChainMatcher useOriginalDst defaultFilterChain
  perConnectionBufferLimitBytes metadata deprecatedV1 drainType listenerFilters listenerFiltersTimeout
  continueOnListenerFiltersTimeout transparent freebind socketOptions tcpFastOpenQueueLength trafficDirection
  connectionBalanceConfig reusePort enableReusePort accessLog tcpBacklogSize maxConnectionsToAcceptPerSocketEvent bindToPort
  enableMptcp ignoreGlobalConnLimit bypassOverloadManager`);

const prefix = 'envoy.extensions.filters.listener.';
const filterKinds: Readonly<Record<string, ListenerFilterConfig['kind']>> = {
  [`${prefix}original_dst.v3.OriginalDst`]: 'original_dst',
  [`${prefix}tls_inspector.v3.TlsInspector`]: 'tls_inspector',
  [`${prefix}http_inspector.v3.HttpInspector`]: 'http_inspector',
  [`${prefix}proxy_protocol.v3.ProxyProtocol`]: 'proxy_protocol',
};
const filterNames: Readonly<Record<string, ListenerFilterConfig['kind']>> = {
  'envoy.filters.listener.original_dst': 'original_dst',
  'envoy.filters.listener.tls_inspector': 'tls_inspector',
  'envoy.filters.listener.http_inspector': 'http_inspector',
  'envoy.filters.listener.proxy_protocol': 'proxy_protocol',
};

/** Checks a Listener message apart from its filter chains. */
export function readListener(
  message: Message,
  path = '',
): { readonly value: ListenerConfig | undefined; readonly problems: readonly Problem[] } {
  const problems = new Problems();
  const at = (field: string) => (path === '' ? field : `${path}.${field}`);
  problems.onlyKnown(message, known, path);
  if (message.freebind) problems.unsupported(at('freebind'), 'freebind');
  if (message.enableMptcp) problems.unsupported(at('enable_mptcp'), 'enable_mptcp');
  if (message.filterChainMatcher) problems.unsupported(at('filter_chain_matcher'), 'filter_chain_matcher');
  const addresses = readAddresses(message, at, problems);
  if (!message.filterChains?.length && !message.defaultFilterChain) {
    problems.add(
      at('filter_chains'),
      `error adding listener '${addressText(addresses[0])}': no filter chains specified`,
    );
  }
  const filters = readListenerFilters(message.listenerFilters ?? [], at, problems);
  const value: ListenerConfig = {
    name: message.name || addressText(addresses[0]),
    message,
    addresses,
    statName: message.statPrefix || addressText(addresses[0]).replaceAll(':', '_'),
    bindToPort: message.bindToPort ?? message.deprecatedV1?.bindToPort ?? true,
    transparent: message.transparent === true,
    useOriginalDestination: message.useOriginalDst === true,
    listenerFilters: filters,
    listenerFiltersTimeout: milliseconds(message.listenerFiltersTimeout, 15_000),
    continueOnTimeout: message.continueOnListenerFiltersTimeout === true,
    keepAlive: readKeepAlive(message.socketOptions ?? [], at, problems),
    backlog: message.tcpBacklogSize,
    reusePort: message.enableReusePort ?? true,
  };
  return { value: problems.list.length === 0 ? Object.freeze(value) : undefined, problems: problems.list };
}

export function addressText(address: SocketAddress | undefined): string {
  if (!address) return '';
  return address.address.includes(':')
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}

function readAddresses(message: Message, at: (field: string) => string, problems: Problems): SocketAddress[] {
  const all: readonly [string, Message | undefined][] = [
    ['address', message.address],
    ...(message.additionalAddresses ?? []).map((entry: Message, index: number) => [
      `additional_addresses[${index}].address`,
      entry.address,
    ]),
  ];
  const addresses: SocketAddress[] = [];
  for (const [field, address] of all) {
    const socket = socketAddress(address);
    if (!socket)
      problems.unsupported(
        at(field),
        address ? 'a pipe or internal address' : 'a listener without an address',
      );
    else if (address!.socketAddress.protocol === 'UDP')
      problems.unsupported(at(`${field}.socket_address.protocol`), 'UDP');
    else if (!isIP(socket.address))
      problems.add(at(`${field}.socket_address.address`), `malformed IP address: ${socket.address}`);
    else addresses.push(socket);
  }
  return addresses;
}

function readListenerFilters(
  list: readonly Message[],
  at: (field: string) => string,
  problems: Problems,
): ListenerFilterConfig[] {
  const filters: ListenerFilterConfig[] = [];
  for (const [index, filter] of list.entries()) {
    const typed = filter.typedConfig;
    const kind = typed ? filterKinds[typeName(typed)] : filterNames[filter.name];
    if (!kind)
      problems.unsupported(
        at(`listener_filters[${index}]`),
        `listener filter ${typeName(typed) || filter.name}`,
      );
    else if (kind === 'proxy_protocol')
      filters.push({ kind, optional: typed?.allowRequestsWithoutProxyProtocol === true });
    else filters.push({ kind });
  }
  return filters;
}

const keepAliveOption = '1/9';
const keepIdleOption = '6/4';
/** Options that change nothing that a proxy in user space could notice. */
const harmlessOptions = new Set(['6/5', '6/6', '6/1', '6/23', '6/18', '1/15', '0/24', '0/1']);

function readKeepAlive(
  options: readonly Message[],
  at: (field: string) => string,
  problems: Problems,
): ListenerConfig['keepAlive'] {
  let enabled = false;
  let delay = 0;
  for (const [index, option] of options.entries()) {
    const id = `${option.level ?? 0}/${option.name ?? 0}`;
    if (id === keepAliveOption) enabled = Number(option.intValue ?? 0) !== 0;
    else if (id === keepIdleOption) delay = Number(option.intValue ?? 0) * 1000;
    else if (!harmlessOptions.has(id))
      problems.unsupported(at(`socket_options[${index}]`), `socket option ${id}`);
  }
  return enabled ? { delay } : undefined;
}
