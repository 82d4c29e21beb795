/** DNS messages (RFC 1035), as far as a cluster's resolver needs them. */

export const recordTypes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  ANY: 255,
} as const;

export const responseCodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const;

export interface Question {
  /** Lower case, without the dot at the end. */
  readonly name: string;
  /** As it was asked, for the answer. */
  readonly original: string;
  readonly type: number;
  readonly class: number;
}

export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly question: Question;
}

export type DnsRecord = { readonly name: string; readonly ttl: number } & (
  | { readonly type: 'A'; readonly address: string }
  | { readonly type: 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME' | 'PTR' | 'NS'; readonly target: string }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | { readonly type: 'TXT'; readonly text: string }
  | { readonly type: 'SOA'; readonly zone: string }
);

export interface Answer {
  readonly code: number;
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authority?: readonly DnsRecord[];
  readonly additional?: readonly DnsRecord[];
}

/** The query in a packet; undefined when it is none that can be answered. */
export function parseQuery(packet: Buffer): Query | undefined {
  if (packet.length < 17 || packet.readUInt16BE(4) < 1) return undefined;
  const flags = packet.readUInt16BE(2);
  if (flags & 0x8000) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const length = packet[at];
    if (length === undefined || length > 63 || at + length + 1 > packet.length) return undefined;
    if (length === 0) break;
    labels.push(packet.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
    if (at > 12 + 255) return undefined;
  }
  if (at + 5 > packet.length) return undefined;
  const original = labels.join('.');
  return {
    id: packet.readUInt16BE(0),
    opcode: (flags >> 11) & 15,
    recursionDesired: (flags & 0x100) !== 0,
    question: {
      name: original.toLowerCase(),
      original,
      type: packet.readUInt16BE(at + 1),
      class: packet.readUInt16BE(at + 3),
    },
  };
}

/** The packet that answers a query; records beyond `limit` bytes are left out and the answer is marked as truncated. */
export function formatAnswer(query: Query, answer: Answer, limit = 65_535): Buffer {
  const { question } = query;
  const head = Buffer.alloc(12);
  const questionBytes = Buffer.concat([
    encodeName(question.original),
    uint16(question.type),
    uint16(question.class),
  ]);
  const sections = [answer.answers, answer.authority ?? [], answer.additional ?? []];
  const body: Buffer[] = [];
  let size = 12 + questionBytes.length;
  let truncated = false;
  sections.forEach((records, section) => {
    for (const record of records) {
      const bytes = encodeRecord(record);
      if (size + bytes.length > limit) {
        truncated = true;
        break;
      }
      size += bytes.length;
      body.push(bytes);
      head.writeUInt16BE(head.readUInt16BE(6 + section * 2) + 1, 6 + section * 2);
    }
  });
  head.writeUInt16BE(query.id, 0);
  const flags =
    0x8000 |
    (query.opcode << 11) |
    (answer.authoritative ? 0x400 : 0) |
    (truncated ? 0x200 : 0) |
    (query.recursionDesired ? 0x100 : 0) |
    0x80 |
    answer.code;
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(1, 4);
  return Buffer.concat([head, questionBytes, ...body]);
}

function encodeName(name: string): Buffer {
  const parts: Buffer[] = [];
  for (const label of name.split('.').filter((part) => part !== '')) {
    const bytes = Buffer.from(label.slice(0, 63), 'latin1');
    parts.push(Buffer.from([bytes.length]), bytes);
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function encodeRecord(record: DnsRecord): Buffer {
  const data = encodeData(record);
  const ttl = Buffer.alloc(4);
  ttl.writeUInt32BE(record.ttl);
  return Buffer.concat([
    encodeName(record.name),
    uint16(recordTypes[record.type]),
    uint16(1),
    ttl,
    uint16(data.length),
    data,
  ]);
}

function encodeData(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.address.split('.').map(Number));
    case 'AAAA':
      return encodeIpv6(record.address);
    case 'SRV':
      return Buffer.concat([
        uint16(record.priority),
        uint16(record.weight),
        uint16(record.port),
        encodeName(record.target),
      ]);
    case 'TXT': {
      const text = Buffer.from(record.text).subarray(0, 255);
      return Buffer.concat([Buffer.from([text.length]), text]);
    }
    case 'SOA': {
      const numbers = Buffer.alloc(20);
      [1, 7200, 1800, 86_400, 5].forEach((value, index) => {
        numbers.writeUInt32BE(value, index * 4);
      });
      return Buffer.concat([
        encodeName(`ns.dns.${record.zone}`),
        encodeName(`hostmaster.${record.zone}`),
        numbers,
      ]);
    }
    default:
      return encodeName(record.target);
  }
}

function encodeIpv6(address: string): Buffer {
  const [head = '', tail = ''] = address.split('%')[0]!.split('::');
  const groups = (text: string) => text.split(':').filter((part) => part !== '');
  const left = groups(head);
  const right = groups(tail);
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return Buffer.concat([...left, ...zeros, ...right].map((group) => uint16(Number.parseInt(group, 16) || 0)));
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
}
