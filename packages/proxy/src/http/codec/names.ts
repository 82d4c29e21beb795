/** Headers that the codec itself must look at; every other name has `other`. */
export const HeaderId = {
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  upgrade: 5,
  expect: 6,
  te: 7,
  /** Concerns one connection only and is never passed on. */
  hopByHop: 8,
} as const;

/** An interned lower-case header name. */
export interface NameEntry {
  readonly name: string;
  readonly id: number;
  /** Repeated fields of this name are joined by commas instead of being kept apart, as Envoy does for the names it holds in slots. */
  readonly joined: boolean;
  /** Number of the head that had it last; tells duplicates without a set. */
  lastHead: number;
}

const special: readonly (readonly [string, number])[] = [
  ['host', HeaderId.host],
  ['content-length', HeaderId.contentLength],
  ['transfer-encoding', HeaderId.transferEncoding],
  ['connection', HeaderId.connection],
  ['upgrade', HeaderId.upgrade],
  ['expect', HeaderId.expect],
  ['te', HeaderId.te],
  ['keep-alive', HeaderId.hopByHop],
  ['proxy-connection', HeaderId.hopByHop],
];

const joinedBoth = `content-type content-encoding x-request-id via cache-control x-envoy-attempt-count
x-envoy-decorator-operation grpc-status grpc-message
access-control-allow-origin access-control-allow-headers access-control-allow-methods access-control-allow-credentials
access-control-expose-headers access-control-max-age access-control-allow-private-network`.split(/\s+/);

const joinedInRequests =
  `user-agent referer pragma accept accept-encoding authorization origin x-forwarded-for
x-forwarded-proto x-forwarded-host x-forwarded-port x-client-trace-id grpc-timeout
access-control-request-headers access-control-request-method access-control-request-private-network
x-forwarded-client-cert x-envoy-downstream-service-cluster x-envoy-downstream-service-node
x-envoy-expected-rq-timeout-ms x-envoy-external-address x-envoy-force-trace x-envoy-hedge-on-per-try-timeout
x-envoy-internal x-envoy-ip-tags x-envoy-max-retries x-envoy-original-path x-envoy-retriable-header-names
x-envoy-retriable-status-codes x-envoy-retry-grpc-on x-envoy-retry-on x-envoy-upstream-alt-stat-name
x-envoy-upstream-rq-per-try-timeout-ms x-envoy-upstream-rq-timeout-ms x-envoy-upstream-stream-duration-ms
x-envoy-original-host x-envoy-is-timeout-retry`.split(/\s+/);

const joinedInResponses =
  `server date etag vary location last-modified age expires x-envoy-upstream-service-time
x-envoy-upstream-canary x-envoy-degraded x-envoy-immediate-health-check-fail x-envoy-ratelimited
x-envoy-upstream-healthchecked-cluster`.split(/\s+/);

export type Direction = 'request' | 'response';

const plainNames = `cookie set-cookie accept-language content-language traceparent tracestate
x-b3-traceid x-b3-spanid x-b3-parentspanid x-b3-sampled b3 range if-none-match if-modified-since
x-envoy-peer-metadata x-envoy-peer-metadata-id end-user content-disposition upgrade-insecure-requests
sec-fetch-mode sec-fetch-site sec-fetch-dest trailer x-powered-by`.split(/\s+/);

const joinedSets: Readonly<Record<Direction, ReadonlySet<string>>> = {
  request: new Set([...joinedBoth, ...joinedInRequests]),
  response: new Set([...joinedBoth, ...joinedInResponses]),
};

/** Whether repeated fields of that name are joined by commas. */
export function isJoinedName(name: string, direction: Direction): boolean {
  return joinedSets[direction].has(name);
}

const slots = 2048;
const maxLearned = 600;

/** Lower case of the bytes that may stand in a header name; 0 for all others. */
export const tokenLower: Uint8Array = buildTokenTable();

function buildTokenTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
    table[char.charCodeAt(0)] = char.charCodeAt(0);
  }
  for (let code = 65; code <= 90; code++) table[code] = code + 32;
  return table;
}

/**
 * Interns header names straight out of a head's text, whatever their case, without making strings for
 * names that it knows. It learns a bounded number of new names.
 */
export class NameTable {
  private readonly entries: (NameEntry | undefined)[] = new Array(slots).fill(undefined);
  private learned = 0;
  private heads = 0;

  constructor(direction: Direction) {
    for (const [name, id] of special) this.add(name, id, true);
    for (const name of joinedSets[direction]) this.add(name, HeaderId.other, true);
    for (const name of plainNames) this.add(name, HeaderId.other, false);
  }

  /** A number for a new head, by which `NameEntry.lastHead` tells duplicates. */
  nextHead(): number {
    return ++this.heads;
  }

  /** `hash` must be what `hashOf` gives for the lower-case name. */
  lookup(text: string, start: number, end: number, hash: number): NameEntry {
    const entries = this.entries;
    let slot = hash & (slots - 1);
    for (;;) {
      const entry = entries[slot];
      if (entry === undefined) break;
      if (matches(entry.name, text, start, end)) return entry;
      slot = (slot + 1) & (slots - 1);
    }
    const name = text.slice(start, end).toLowerCase();
    if (this.learned >= maxLearned) return { name, id: HeaderId.other, joined: false, lastHead: -1 };
    this.learned++;
    return this.put(slot, name, HeaderId.other, false);
  }

  private add(name: string, id: number, joined: boolean): void {
    let slot = hashOf(name) & (slots - 1);
    while (this.entries[slot] !== undefined) slot = (slot + 1) & (slots - 1);
    this.put(slot, name, id, joined);
  }

  private put(slot: number, name: string, id: number, joined: boolean): NameEntry {
    const entry: NameEntry = { name: intern(name), id, joined, lastHead: -1 };
    this.entries[slot] = entry;
    return entry;
  }
}

/** The hash that `NameTable.lookup` expects. */
export function hashOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0;
  return hash;
}

function matches(name: string, text: string, start: number, end: number): boolean {
  const length = end - start;
  if (name.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (name.charCodeAt(i) !== tokenLower[text.charCodeAt(start + i)]) return false;
  }
  return true;
}

/** Property keys are internalized by the engine, which makes later comparisons a comparison of pointers. */
function intern(name: string): string {
  const holder: Record<string, true> = { [name]: true };
  return Object.keys(holder)[0]!;
}
