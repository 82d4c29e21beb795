import type { SocketAddress } from '../connection-info.ts';
import { addressBits, type Prefix, parsePrefix, prefixContains } from './cidr.ts';

type Message = Readonly<Record<string, any>>;

/** What is known of a connection when its filter chain is looked for. */
export interface MatchInput {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly directRemote: SocketAddress;
  readonly serverName: string;
  readonly transportProtocol: string;
  readonly applicationProtocols: readonly string[];
}

type Node<T> = {
  readonly children: Map<string, Node<T>>;
  readonly prefixes: Map<string, Prefix>;
  leaf: T | undefined;
};

/** The criteria in the order in which they are tried; each level decides for good. */
const levels = 9;
const addressLevels = new Set([1, 5, 7]);

const createNode = <T>(): Node<T> => ({ children: new Map(), prefixes: new Map(), leaf: undefined });

/** Finds the chain of a connection by destination port, destination, server name, transport, ALPN and source. */
export class FilterChainMatcher<T extends object> {
  private readonly root: Node<T> = createNode();
  private fallback: T | undefined;

  /** Adds a chain; the answer is the chain that has an equal rule already, or text when the rule is malformed. */
  add(match: Message | undefined, chain: T): T | string | undefined {
    const keys = readKeys(match ?? {});
    if (typeof keys === 'string') return keys;
    return this.insert(this.root, keys, 0, chain);
  }

  setDefault(chain: T): void {
    this.fallback = chain;
  }

  private insert(node: Node<T>, keys: readonly (readonly Key[])[], depth: number, chain: T): T | undefined {
    if (depth === levels) {
      if (node.leaf) return node.leaf;
      node.leaf = chain;
      return undefined;
    }
    for (const { text, prefix } of keys[depth]!) {
      let child = node.children.get(text);
      if (!child) {
        child = createNode<T>();
        node.children.set(text, child);
        if (prefix) node.prefixes.set(text, prefix);
      }
      const clash = this.insert(child, keys, depth + 1, chain);
      if (clash) return clash;
    }
    return undefined;
  }

  find(input: MatchInput): T | undefined {
    let node: Node<T> | undefined = this.root;
    for (let depth = 0; depth < levels && node; depth++) {
      const key = chooseKey(node, depth, input);
      node = key === undefined ? undefined : node.children.get(key);
    }
    return node?.leaf ?? this.fallback;
  }
}

interface Key {
  readonly text: string;
  readonly prefix?: Prefix;
}

const any: readonly Key[] = [{ text: '' }];

function readKeys(match: Message): readonly (readonly Key[])[] | string {
  const names = readNames(match.serverNames ?? []);
  const destination = readPrefixes(match.prefixRanges ?? []);
  const direct = readPrefixes(match.directSourcePrefixRanges ?? []);
  const source = readPrefixes(match.sourcePrefixRanges ?? []);
  for (const part of [names, destination, direct, source]) if (typeof part === 'string') return part;
  return [
    match.destinationPort ? [{ text: String(match.destinationPort) }] : any,
    destination as Key[],
    names as Key[],
    match.transportProtocol ? [{ text: match.transportProtocol }] : any,
    listKeys(match.applicationProtocols),
    direct as Key[],
    [{ text: match.sourceType === 'ANY' ? '' : (match.sourceType ?? '') }],
    source as Key[],
    listKeys(match.sourcePorts),
  ];
}

const listKeys = (list: readonly unknown[] | undefined): readonly Key[] =>
  list?.length ? list.map((item) => ({ text: String(item) })) : any;

function readNames(names: readonly string[]): readonly Key[] | string {
  if (names.length === 0) return any;
  for (const name of names) {
    if (name.includes('*') && !/^\*(\.[^*]+)?$/.test(name))
      return `partial wildcards are not supported in "server_names"`;
  }
  return names.map((name) => ({ text: name === '*' ? '' : name.replace(/^\*/, '').toLowerCase() }));
}

function readPrefixes(ranges: readonly Message[]): readonly Key[] | string {
  if (ranges.length === 0) return any;
  const keys: Key[] = [];
  for (const range of ranges) {
    const prefix = parsePrefix(range.addressPrefix ?? '', range.prefixLen ?? 0);
    if (!prefix)
      return `invalid ip/mask combo '${range.addressPrefix}/${range.prefixLen ?? 0}' (format is <ip>/<# mask bits>)`;
    keys.push({ text: `${prefix.family}/${prefix.bits}/${prefix.length}`, prefix });
  }
  return keys;
}

function chooseKey(node: Node<object>, depth: number, input: MatchInput): string | undefined {
  if (addressLevels.has(depth)) {
    const address = depth === 1 ? input.local : depth === 5 ? input.directRemote : input.remote;
    return longestPrefix(node, address.address);
  }
  for (const key of candidates(depth, input)) if (node.children.has(key)) return key;
  return undefined;
}

function longestPrefix(node: Node<object>, address: string): string | undefined {
  if (node.prefixes.size === 0) return node.children.has('') ? '' : undefined;
  const bits = addressBits(address);
  let best: string | undefined = node.children.has('') ? '' : undefined;
  let length = -1;
  for (const [key, prefix] of node.prefixes) {
    if (bits && prefix.length > length && prefixContains(prefix, bits)) {
      best = key;
      length = prefix.length;
    }
  }
  return best;
}

function candidates(depth: number, input: MatchInput): readonly string[] {
  if (depth === 0) return [String(input.local.port), ''];
  if (depth === 2) return serverNameCandidates(input.serverName.toLowerCase());
  if (depth === 3) return [input.transportProtocol, ''];
  if (depth === 4) return [...input.applicationProtocols, ''];
  if (depth === 6) return [isLocal(input) ? 'SAME_IP_OR_LOOPBACK' : 'EXTERNAL', ''];
  return [String(input.remote.port), ''];
}

function serverNameCandidates(name: string): readonly string[] {
  if (name === '') return [''];
  const list = [name];
  for (let dot = name.indexOf('.', 1); dot >= 0; dot = name.indexOf('.', dot + 1)) list.push(name.slice(dot));
  list.push('');
  return list;
}

/** Only 127.0.0.1 and ::1 are loopback here; the rest of 127.0.0.0/8 is external unless both ends are equal. */
function isLocal({ local, remote }: MatchInput): boolean {
  return remote.address === '127.0.0.1' || remote.address === '::1' || remote.address === local.address;
}
