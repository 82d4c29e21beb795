import type { Table } from './table.ts';

/** `envoy.config.cluster.v3.Cluster.LbConfig` → package `envoy.config.cluster.v3` and path `Cluster.LbConfig`. */
function split(fullName: string): { pkg: string[]; path: string[] } {
  const parts = fullName.split('.');
  const first = parts.findIndex((part) => /^[A-Z]/.test(part));
  return { pkg: parts.slice(0, first), path: parts.slice(first) };
}

const pascal = (word: string) =>
  word.replace(/(^|_)([a-z0-9])/g, (_all, _bar, letter: string) => letter.toUpperCase());

/** `envoy.extensions.filters.http.rbac.v3` → `HttpRbac`. */
function prefixOf(pkg: readonly string[]): string {
  const words = pkg.filter((word) => !/^v\d/.test(word));
  return words.slice(-2).map(pascal).join('');
}

const rank = (fullName: string) =>
  ['envoy.config.', 'envoy.extensions.', 'envoy.type.', 'envoy.'].findIndex((start) =>
    fullName.startsWith(start),
  ) + 1 || 9;

/** A TypeScript name for each full name: the simple one, for all but the first of several alike with their package before it. */
export function typeNames(table: Table): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>(['Any', 'Record', 'Array']);
  const all = [...Object.keys(table.messages), ...Object.keys(table.enums)];
  all.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  for (const fullName of all) {
    const { pkg, path } = split(fullName);
    const simple = path.join('_');
    let name = taken.has(simple) ? `${prefixOf(pkg)}_${simple}` : simple;
    while (taken.has(name)) name += '_';
    taken.add(name);
    names.set(fullName, name);
  }
  return names;
}
