/** Whether `pattern` (a name, `*` or `*.suffix`) covers every host that `host`, itself a name or a pattern, stands for. */
export function covers(pattern: string, host: string): boolean {
  if (pattern === host || pattern === '*') return true;
  if (!pattern.startsWith('*')) return false;
  const suffix = pattern.slice(1);
  if (!host.startsWith('*')) return host.length > suffix.length && host.endsWith(suffix);
  return host.slice(1).endsWith(suffix);
}

/** Whether some host is matched by both. */
export function overlap(a: string, b: string): boolean {
  return covers(a, b) || covers(b, a);
}

/** Orders names before patterns and longer patterns before shorter ones. */
export function moreSpecific(a: string, b: string): number {
  const wildA = a.startsWith('*') ? 1 : 0;
  const wildB = b.startsWith('*') ? 1 : 0;
  if (wildA !== wildB) return wildA - wildB;
  if (a.length !== b.length) return b.length - a.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The narrower of two hosts that overlap. */
export function narrower(a: string, b: string): string {
  return covers(a, b) ? b : a;
}

/** The full name of a short host as seen from `namespace`. */
export function fullHost(host: string, namespace: string, domainSuffix: string): string {
  if (host === '' || host.includes('.') || host.startsWith('*')) return host;
  return `${host}.${namespace}.svc.${domainSuffix}`;
}
