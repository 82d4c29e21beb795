import { pretty } from './proto-json.ts';
import { type AdminReply, json, text } from './reply.ts';
import type { AdminRequest } from './request.ts';
import type { AdminTarget } from './target.ts';

/** `/runtime`. */
export function runtime({ runtime: { layers } }: AdminTarget): AdminReply {
  const keys = [...new Set(layers.flatMap((layer) => [...layer.values.keys()]))].sort();
  const entries = keys.map((key) => {
    const values = layers.map((layer) => String(layer.values.get(key) ?? ''));
    return [key, { layer_values: values, final_value: values.findLast((value) => value !== '') ?? '' }];
  });
  return json(pretty({ entries: Object.fromEntries(entries), layers: layers.map((layer) => layer.name) }));
}

/** `/runtime_modify?key=value`. */
export function runtimeModify(target: AdminTarget, { query }: AdminRequest): AdminReply {
  const changes = new Map(query);
  if (changes.size === 0)
    return text(
      'usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n       or send the parameters as form values\nuse an empty value to remove a previously added override',
      400,
    );
  return target.runtime.modify(changes) ? text('OK\n') : text('No admin layer specified', 503);
}
