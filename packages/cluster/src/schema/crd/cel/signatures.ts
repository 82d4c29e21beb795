import { type CelType, celType } from './types.ts';

/** One overload of a function; `target` is set for those that are called on a value. */
export interface Signature {
  readonly target: CelType | undefined;
  readonly args: readonly CelType[];
  readonly result: CelType;
}

const ordered = ['int', 'uint', 'double', 'string', 'bytes', 'bool', 'timestamp', 'duration'];
const numbers = ['int', 'uint', 'double'];

const comparison = [
  ...ordered.map((type) => `(${type},${type})bool`),
  ...numbers.flatMap((a) => numbers.filter((b) => b !== a).map((b) => `(${a},${b})bool`)),
].join(' ');

const parts = ['FullYear', 'Month', 'DayOfYear', 'DayOfMonth', 'Date', 'DayOfWeek'];
const clock = ['Hours', 'Minutes', 'Seconds', 'Milliseconds'];
const summed = ['int', 'uint', 'double', 'duration'];

/** Every function that rules can call, by name: `target.(arguments)result`. */
const table: Readonly<Record<string, string>> = {
  '_==_': '(A,A)bool',
  '_!=_': '(A,A)bool',
  '_<_': comparison,
  '_<=_': comparison,
  '_>_': comparison,
  '_>=_': comparison,
  '_+_': `(int,int)int (uint,uint)uint (double,double)double (string,string)string (bytes,bytes)bytes
    (list(A),list(A))list(A) (timestamp,duration)timestamp (duration,timestamp)timestamp (duration,duration)duration`,
  '_-_': `(int,int)int (uint,uint)uint (double,double)double (timestamp,timestamp)duration
    (timestamp,duration)timestamp (duration,duration)duration`,
  '_*_': '(int,int)int (uint,uint)uint (double,double)double',
  '_/_': '(int,int)int (uint,uint)uint (double,double)double',
  '_%_': '(int,int)int (uint,uint)uint',
  '-_': '(int)int (double)double',
  '!_': '(bool)bool',
  '_?_:_': '(bool,A,A)A',
  '_[_]': '(list(A),int)A (map(A,B),A)B',
  '@in': '(A,list(A))bool (A,map(A,B))bool',
  '@not_strictly_false': '(bool)bool',
  size: `(string)int (bytes)int (list(A))int (map(A,B))int
    string.()int bytes.()int list(A).()int map(A,B).()int`,
  int: '(int)int (uint)int (double)int (string)int (timestamp)int (duration)int',
  uint: '(uint)uint (int)uint (double)uint (string)uint',
  double: '(double)double (int)double (uint)double (string)double',
  string: `(string)string (bool)string (bytes)string (double)string (int)string (uint)string (timestamp)string
    (duration)string`,
  bytes: '(bytes)bytes (string)bytes',
  bool: '(bool)bool (string)bool',
  duration: '(duration)duration (string)duration (int)duration',
  timestamp: '(timestamp)timestamp (string)timestamp (int)timestamp',
  dyn: '(A)dyn',
  type: '(A)type(A)',
  matches: '(string,string)bool string.(string)bool',
  contains: 'string.(string)bool',
  startsWith: 'string.(string)bool',
  endsWith: 'string.(string)bool',
  ...Object.fromEntries(parts.map((name) => [`get${name}`, 'timestamp.()int timestamp.(string)int'])),
  ...Object.fromEntries(
    clock.map((name) => [`get${name}`, 'timestamp.()int timestamp.(string)int duration.()int']),
  ),
  charAt: 'string.(int)string',
  indexOf: 'string.(string)int string.(string,int)int list(A).(A)int',
  lastIndexOf: 'string.(string)int string.(string,int)int list(A).(A)int',
  lowerAscii: 'string.()string',
  upperAscii: 'string.()string',
  replace: 'string.(string,string)string string.(string,string,int)string',
  split: 'string.(string)list(string) string.(string,int)list(string)',
  substring: 'string.(int)string string.(int,int)string',
  trim: 'string.()string',
  join: 'list(string).()string list(string).(string)string',
  format: 'string.(list(dyn))string',
  reverse: 'string.()string',
  'strings.quote': '(string)string',
  isSorted: ordered.map((type) => `list(${type}).()bool`).join(' '),
  sum: summed.map((type) => `list(${type}).()${type}`).join(' '),
  min: ordered.map((type) => `list(${type}).()${type}`).join(' '),
  max: ordered.map((type) => `list(${type}).()${type}`).join(' '),
  find: 'string.(string)string',
  findAll: 'string.(string)list(string) string.(string,int)list(string)',
  url: '(string)kubernetes.URL',
  isURL: '(string)bool',
  getScheme: 'kubernetes.URL.()string',
  getHost: 'kubernetes.URL.()string',
  getHostname: 'kubernetes.URL.()string',
  getPort: 'kubernetes.URL.()string',
  getEscapedPath: 'kubernetes.URL.()string',
  getQuery: 'kubernetes.URL.()map(string,list(string))',
  ip: '(string)net.IP net.CIDR.()net.IP',
  isIP: '(string)bool',
  'ip.isCanonical': '(string)bool',
  family: 'net.IP.()int',
  isUnspecified: 'net.IP.()bool',
  isLoopback: 'net.IP.()bool',
  isLinkLocalMulticast: 'net.IP.()bool',
  isLinkLocalUnicast: 'net.IP.()bool',
  isGlobalUnicast: 'net.IP.()bool',
  cidr: '(string)net.CIDR',
  isCIDR: '(string)bool',
  containsIP: 'net.CIDR.(net.IP)bool net.CIDR.(string)bool',
  containsCIDR: 'net.CIDR.(net.CIDR)bool net.CIDR.(string)bool',
  prefixLength: 'net.CIDR.()int',
  masked: 'net.CIDR.()net.CIDR',
  quantity: '(string)kubernetes.Quantity',
  isQuantity: '(string)bool',
  sign: 'kubernetes.Quantity.()int',
  asInteger: 'kubernetes.Quantity.()int',
  asApproximateFloat: 'kubernetes.Quantity.()double',
  isInteger: 'kubernetes.Quantity.()bool',
  add: 'kubernetes.Quantity.(kubernetes.Quantity)kubernetes.Quantity kubernetes.Quantity.(int)kubernetes.Quantity',
  sub: 'kubernetes.Quantity.(kubernetes.Quantity)kubernetes.Quantity kubernetes.Quantity.(int)kubernetes.Quantity',
  compareTo: 'kubernetes.Quantity.(kubernetes.Quantity)int',
  isGreaterThan: 'kubernetes.Quantity.(kubernetes.Quantity)bool',
  isLessThan: 'kubernetes.Quantity.(kubernetes.Quantity)bool',
  'sets.contains': '(list(A),list(A))bool',
  'sets.intersects': '(list(A),list(A))bool',
  'sets.equivalent': '(list(A),list(A))bool',
  'format.named': '(string)dyn',
  validate: 'dyn.(string)dyn',
  value: 'dyn.()dyn',
  hasValue: 'dyn.()bool',
  orValue: 'dyn.(dyn)dyn',
};

const formats = [
  ['dns1123Label', 'dns1123Subdomain', 'dns1035Label', 'qualifiedName', 'dns1123LabelPrefix'],
  ['dns1123SubdomainPrefix', 'dns1035LabelPrefix', 'labelValue', 'uri', 'uuid', 'byte', 'date', 'datetime'],
].flat();

const parsed = new Map<string, readonly Signature[]>();

/** The overloads of a function; undefined for an unknown one. */
export function signaturesOf(name: string): readonly Signature[] | undefined {
  const text = table[name] ?? (isFormat(name) ? '()dyn' : undefined);
  if (text === undefined || !(Object.hasOwn(table, name) || isFormat(name))) return undefined;
  let signatures = parsed.get(name);
  if (signatures === undefined) {
    signatures = text.split(/\s+/).map(readSignature);
    parsed.set(name, signatures);
  }
  return signatures;
}

function isFormat(name: string): boolean {
  return name.startsWith('format.') && formats.includes(name.slice('format.'.length));
}

function readSignature(text: string): Signature {
  const at = text.startsWith('(') ? 0 : text.indexOf('.(') + 1;
  const end = closing(text, at);
  return {
    target: at === 0 ? undefined : readType(text.slice(0, at - 1)),
    args: splitTypes(text.slice(at + 1, end)).map(readType),
    result: readType(text.slice(end + 1)),
  };
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at;
  }
  return text.length;
}

function splitTypes(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')') depth--;
    else if (text[at] === ',' && depth === 0) {
      out.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return text === '' ? [] : [...out, text.slice(start)];
}

function readType(text: string): CelType {
  const open = text.indexOf('(');
  if (open < 0) return celType(text);
  return celType(text.slice(0, open), splitTypes(text.slice(open + 1, -1)).map(readType));
}
