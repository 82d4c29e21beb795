import type { ProxyServer } from '../main/server.ts';
import { type AdminReply, json, text } from './reply.ts';
import type { AdminRequest } from './routes.ts';

export function stats(proxy: ProxyServer, { query }: AdminRequest): AdminReply {
  const filter = query.get('filter');
  const regex = filter ? new RegExp(filter) : undefined;
  const used = query.has('usedonly');
  const views = [...proxy.store.counterViews(), ...proxy.store.gaugeViews()]
    .filter((view) => (!used || view.used) && (!regex || regex.test(view.name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (query.get('format') === 'json')
    return json(JSON.stringify({ stats: views.map(({ name, value }) => ({ name, value })) }));
  return text(views.map(({ name, value }) => `${name}: ${value}\n`).join(''));
}
