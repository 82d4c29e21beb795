import type { Runtime } from '../http/types.ts';
import { type Message, Problems } from './problems.ts';

interface Layer {
  readonly name: string;
  readonly kind: 'static' | 'admin';
  readonly values: Map<string, string | number | boolean>;
}

/** The layered runtime of the bootstrap; later layers win. */
export class LayeredRuntime implements Runtime {
  readonly layers: readonly Layer[];

  constructor(layers: readonly Layer[]) {
    this.layers = layers;
  }

  private get(key: string): string | number | boolean | undefined {
    if (key === '') return undefined;
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const value = this.layers[i]!.values.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  number(key: string, fallback: number): number {
    const value = this.get(key);
    const number = typeof value === 'string' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : fallback;
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.get(key);
    if (value === undefined) return fallback;
    return typeof value === 'boolean' ? value : String(value).toLowerCase() === 'true';
  }

  /** `/runtime_modify`; false when no admin layer is configured. */
  modify(changes: ReadonlyMap<string, string>): boolean {
    const layer = this.layers.findLast((candidate) => candidate.kind === 'admin');
    if (!layer) return false;
    for (const [key, value] of changes) {
      if (value === '') layer.values.delete(key);
      else layer.values.set(key, value);
    }
    return true;
  }
}

/** Reads `layered_runtime`; without it there is one empty admin layer. */
export function readRuntime(message: Message | undefined): {
  readonly value: LayeredRuntime;
  readonly problems: Problems;
} {
  const problems = new Problems();
  if (!message)
    return { value: new LayeredRuntime([{ name: 'admin', kind: 'admin', values: new Map() }]), problems };
  const layers: Layer[] = [];
  for (const [index, layer] of (message.layers ?? []).entries()) {
    const path = `layered_runtime.layers[${index}]`;
    if (layer.diskLayer) problems.unsupported(`${path}.disk_layer`, 'disk_layer');
    if (layer.rtdsLayer) problems.unsupported(`${path}.rtds_layer`, 'rtds_layer');
    const values = new Map<string, string | number | boolean>();
    flatten(layer.staticLayer ?? {}, '', values);
    layers.push({ name: layer.name ?? '', kind: layer.adminLayer ? 'admin' : 'static', values });
  }
  const names = layers.map((layer) => layer.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) problems.add('layered_runtime.layers', `Duplicate layer name: ${twice}`);
  if (layers.filter((layer) => layer.kind === 'admin').length > 1) {
    problems.add(
      'layered_runtime.layers',
      'Too many admin layers specified in LayeredRuntime, at most one may be specified',
    );
  }
  return { value: new LayeredRuntime(layers), problems };
}

function flatten(value: unknown, prefix: string, into: Map<string, string | number | boolean>): void {
  if (typeof value === 'object' && value !== null) {
    const fraction = value as { numerator?: number };
    if (typeof fraction.numerator === 'number') into.set(prefix, fraction.numerator);
    else
      for (const [key, inner] of Object.entries(value))
        flatten(inner, prefix === '' ? key : `${prefix}.${key}`, into);
  } else if (value !== null && value !== undefined) into.set(prefix, value as string | number | boolean);
}
