/** Seconds since the epoch of a Kubernetes time; 0 when there is none. */
export function seconds(time: string | undefined): number {
  const milliseconds = time ? Date.parse(time) : Number.NaN;
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

/** Namespaces named by the annotation that limits a Service's visibility. */
export function exportToOf(annotations: Record<string, string>): string[] {
  const text = annotations['networking.istio.io/exportTo'];
  return text
    ? text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean)
    : [];
}

interface Sortable {
  readonly created: number;
  readonly name: string;
  readonly namespace: string;
}

/** Oldest first, then by name and namespace: the order in which configuration wins. */
export function byAge(a: Sortable, b: Sortable): number {
  return a.created - b.created || compare(a.name, b.name) || compare(a.namespace, b.namespace);
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
