import { addressText } from '../config/listener.ts';
import { socketAddress } from './config-dump.ts';
import { pretty } from './proto-json.ts';
import { type AdminReply, json, text } from './reply.ts';
import type { AdminRequest } from './request.ts';
import type { AdminTarget } from './target.ts';

/** `/listeners`. */
export function listeners(target: AdminTarget, { query }: AdminRequest): AdminReply {
  const all = target.listeners.entries().map(({ listener }) => ({
    name: listener.config.name,
    addresses: target.listeners.localAddresses(listener),
  }));
  if (query.get('format') === 'json') {
    const statuses = all.map(({ name, addresses: [first, ...more] }) => ({
      name,
      ...(first ? { local_address: socketAddress(first) } : {}),
      ...(more.length > 0 ? { additional_local_addresses: more.map(socketAddress) } : {}),
    }));
    return json(pretty(statuses.length > 0 ? { listener_statuses: statuses } : {}));
  }
  return text(
    all
      .flatMap(({ name, addresses }) => addresses.map((address) => `${name}::${addressText(address)}\n`))
      .join(''),
  );
}
