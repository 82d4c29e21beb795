import type { Problem } from '@lateen/kit';
import { problem } from '../http/config/values.ts';
import type { VirtualHost } from './types.ts';

type Domains = readonly (readonly [domain: string, host: VirtualHost])[];

/** Finds the virtual host of an authority: exact, longest suffix wildcard, longest prefix wildcard, `*`. */
export class DomainIndex {
  private readonly exact = new Map<string, VirtualHost>();
  private readonly suffixes = new Map<number, Map<string, VirtualHost>>();
  private readonly prefixes = new Map<number, Map<string, VirtualHost>>();
  private readonly suffixLengths: readonly number[];
  private readonly prefixLengths: readonly number[];
  private fallback: VirtualHost | undefined;

  constructor(domains: Domains, routeName: string, path: string, problems: Problem[]) {
    for (const [domain, host] of domains) {
      if (!this.add(domain.toLowerCase(), host)) {
        problems.push(
          problem(
            path,
            `Only unique values for domains are permitted. Duplicate entry of domain ${domain} in route ${routeName}`,
          ),
        );
      }
    }
    this.suffixLengths = descending(this.suffixes);
    this.prefixLengths = descending(this.prefixes);
  }

  private add(domain: string, host: VirtualHost): boolean {
    if (domain === '*') {
      if (this.fallback !== undefined) return false;
      this.fallback = host;
      return true;
    }
    if (domain.startsWith('*')) return addTo(this.suffixes, domain.slice(1), host);
    if (domain.endsWith('*')) return addTo(this.prefixes, domain.slice(0, -1), host);
    if (this.exact.has(domain)) return false;
    this.exact.set(domain, host);
    return true;
  }

  find(authority: string): VirtualHost | undefined {
    if (this.exact.size === 0 && this.suffixLengths.length === 0 && this.prefixLengths.length === 0)
      return this.fallback;
    const host = authority.toLowerCase();
    const found = this.exact.get(host);
    if (found !== undefined) return found;
    for (const length of this.suffixLengths) {
      if (length >= host.length) continue;
      const match = this.suffixes.get(length)!.get(host.slice(-length));
      if (match !== undefined) return match;
    }
    for (const length of this.prefixLengths) {
      if (length >= host.length) continue;
      const match = this.prefixes.get(length)!.get(host.slice(0, length));
      if (match !== undefined) return match;
    }
    return this.fallback;
  }
}

function addTo(index: Map<number, Map<string, VirtualHost>>, part: string, host: VirtualHost): boolean {
  let byText = index.get(part.length);
  if (byText === undefined) {
    byText = new Map();
    index.set(part.length, byText);
  }
  if (byText.has(part)) return false;
  byText.set(part, host);
  return true;
}

function descending(index: ReadonlyMap<number, unknown>): number[] {
  return [...index.keys()].sort((a, b) => b - a);
}
