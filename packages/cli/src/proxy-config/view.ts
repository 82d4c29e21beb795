import type { ProxyDump } from './dump.ts';

export type Filters = Readonly<Record<string, string | undefined>>;

/** One verb of `proxy-config`: which messages of the dump it shows, and as which columns. */
export interface View {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Options that narrow the selection, by name. */
  readonly filters: readonly string[];
  readonly head: readonly string[];
  select(dump: ProxyDump, filters: Filters): any[];
  rows(selected: readonly any[]): string[][];
}
