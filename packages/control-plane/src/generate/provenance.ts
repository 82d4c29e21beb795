import type { Origin } from '../ir/origin.ts';
import { defined, type Json } from './context.ts';

/**
 * Metadata that says where something came from: `istio` as istiod writes it, and under `lateen` the lines of configuration,
 * the deciding one first.
 */
export function provenance(istio: Json | undefined, ...origins: (Origin | undefined)[]): Json {
  const known = origins.filter((origin) => origin !== undefined);
  const lateen = known.length > 0 ? { origins: known.map(describe) } : undefined;
  return { filterMetadata: defined({ istio, lateen }) };
}

function describe({ kind, namespace, name, path }: Origin): Json {
  return defined({ kind, namespace, name, path: path || undefined });
}
