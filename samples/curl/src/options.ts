import { readFileSync } from 'node:fs';
import { CurlError } from './error.ts';

export interface Options {
  urls: string[];
  method?: string;
  headers: Array<[string, string]>;
  data: Buffer[];
  json: boolean;
  dataInQuery: boolean;
  upload?: string;
  output: string[];
  remoteName: boolean;
  writeOut?: string;
  dumpHeader?: string;
  silent: boolean;
  showError: boolean;
  include: boolean;
  head: boolean;
  verbose: boolean;
  follow: boolean;
  maxRedirects: number;
  insecure: boolean;
  fail: boolean;
  failWithBody: boolean;
  maxTime: number;
  connectTimeout: number;
  retries: number;
  retryDelay: number;
  retryAllErrors: boolean;
  retryConnrefused: boolean;
  userAgent: string;
  user?: string;
  referer?: string;
  cookie?: string;
  compressed: boolean;
  resolve: string[];
  connectTo: string[];
  unixSocket?: string;
  family: 0 | 4 | 6;
  http10: boolean;
  cacert?: string;
  cert?: string;
  key?: string;
  help: boolean;
  version: boolean;
}

type Take = (options: Options, value: string) => void;

/** Options without a value. */
const flags: Record<string, (options: Options) => void> = {
  silent: (o) => set(o, 'silent', true),
  'show-error': (o) => set(o, 'showError', true),
  include: (o) => set(o, 'include', true),
  head: (o) => set(o, 'head', true),
  verbose: (o) => set(o, 'verbose', true),
  location: (o) => set(o, 'follow', true),
  insecure: (o) => set(o, 'insecure', true),
  fail: (o) => set(o, 'fail', true),
  'fail-with-body': (o) => set(o, 'failWithBody', true),
  get: (o) => set(o, 'dataInQuery', true),
  'remote-name': (o) => set(o, 'remoteName', true),
  compressed: (o) => set(o, 'compressed', true),
  ipv4: (o) => set(o, 'family', 4),
  ipv6: (o) => set(o, 'family', 6),
  'http1.0': (o) => set(o, 'http10', true),
  'retry-all-errors': (o) => set(o, 'retryAllErrors', true),
  'retry-connrefused': (o) => set(o, 'retryConnrefused', true),
  help: (o) => set(o, 'help', true),
  version: (o) => set(o, 'version', true),
  // Accepted, since what they ask for is what happens anyway.
  'http1.1': () => {},
  'no-buffer': () => {},
  'no-progress-meter': () => {},
  'progress-bar': () => {},
  globoff: () => {},
  'path-as-is': () => {},
  'no-keepalive': () => {},
  parallel: () => {},
};

/** Options with a value. */
const settings: Record<string, Take> = {
  request: (o, value) => set(o, 'method', value),
  header: addHeader,
  data: (o, value) => o.data.push(dataOf(value, true)),
  'data-ascii': (o, value) => o.data.push(dataOf(value, true)),
  'data-binary': (o, value) => o.data.push(dataOf(value, false)),
  'data-raw': (o, value) => o.data.push(Buffer.from(value)),
  'data-urlencode': (o, value) => o.data.push(urlEncoded(value)),
  json(o, value) {
    o.data.push(dataOf(value, false));
    o.json = true;
  },
  'upload-file': (o, value) => set(o, 'upload', value),
  output: (o, value) => o.output.push(value),
  'write-out': (o, value) => set(o, 'writeOut', value.startsWith('@') ? fileText(value.slice(1)) : value),
  'dump-header': (o, value) => set(o, 'dumpHeader', value),
  'max-redirs': (o, value) => set(o, 'maxRedirects', number(value)),
  'max-time': (o, value) => set(o, 'maxTime', number(value)),
  'connect-timeout': (o, value) => set(o, 'connectTimeout', number(value)),
  retry: (o, value) => set(o, 'retries', number(value)),
  'retry-delay': (o, value) => set(o, 'retryDelay', number(value)),
  'retry-max-time': () => {},
  'user-agent': (o, value) => set(o, 'userAgent', value),
  user: (o, value) => set(o, 'user', value),
  referer: (o, value) => set(o, 'referer', value),
  cookie: (o, value) => set(o, 'cookie', value),
  'cookie-jar': () => {},
  resolve: (o, value) => o.resolve.push(value),
  'connect-to': (o, value) => o.connectTo.push(value),
  'unix-socket': (o, value) => set(o, 'unixSocket', value),
  cacert: (o, value) => set(o, 'cacert', value),
  cert: (o, value) => set(o, 'cert', value),
  key: (o, value) => set(o, 'key', value),
  url: (o, value) => o.urls.push(value),
  noproxy: () => {},
  'limit-rate': () => {},
  'keepalive-time': () => {},
};

const letters: Record<string, string> = {
  s: 'silent',
  S: 'show-error',
  i: 'include',
  I: 'head',
  v: 'verbose',
  L: 'location',
  k: 'insecure',
  f: 'fail',
  G: 'get',
  O: 'remote-name',
  4: 'ipv4',
  6: 'ipv6',
  0: 'http1.0',
  N: 'no-buffer',
  '#': 'progress-bar',
  g: 'globoff',
  Z: 'parallel',
  h: 'help',
  V: 'version',
  X: 'request',
  H: 'header',
  d: 'data',
  T: 'upload-file',
  o: 'output',
  w: 'write-out',
  D: 'dump-header',
  m: 'max-time',
  A: 'user-agent',
  u: 'user',
  e: 'referer',
  b: 'cookie',
  c: 'cookie-jar',
  E: 'cert',
};

export const version = '8.0.0';

/** The command line as options. Throws a CurlError as curl does for what it does not know. */
export function parseArguments(words: readonly string[]): Options {
  const options: Options = {
    urls: [],
    headers: [],
    data: [],
    json: false,
    dataInQuery: false,
    output: [],
    remoteName: false,
    silent: false,
    showError: false,
    include: false,
    head: false,
    verbose: false,
    follow: false,
    maxRedirects: 50,
    insecure: false,
    fail: false,
    failWithBody: false,
    maxTime: 0,
    connectTimeout: 0,
    retries: 0,
    retryDelay: 0,
    retryAllErrors: false,
    retryConnrefused: false,
    userAgent: `curl/${version}`,
    compressed: false,
    resolve: [],
    connectTo: [],
    family: 0,
    http10: false,
    help: false,
    version: false,
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.startsWith('--') && word.length > 2) takeLong(options, word, rest);
    else if (word.startsWith('-') && word.length > 1) takeLetters(options, word, rest);
    else options.urls.push(word);
  }
  return options;
}

function takeLong(options: Options, word: string, rest: string[]): void {
  const name = word.slice(2);
  const negated = name.startsWith('no-') && flags[name.slice(3)];
  if (flags[name]) flags[name](options);
  else if (settings[name]) settings[name](options, required(word, rest.shift()));
  else if (!negated) throw new CurlError(2, `option ${word}: is unknown`, true);
}

function takeLetters(options: Options, word: string, rest: string[]): void {
  for (let at = 1; at < word.length; at++) {
    const name = letters[word[at]!];
    if (!name) throw new CurlError(2, `option ${word}: is unknown`, true);
    if (flags[name]) {
      flags[name](options);
      continue;
    }
    const attached = word.slice(at + 1);
    settings[name]!(options, attached === '' ? required(`-${word[at]}`, rest.shift()) : attached);
    return;
  }
}

function required(option: string, value: string | undefined): string {
  if (value === undefined) throw new CurlError(2, `option ${option}: requires parameter`, true);
  return value;
}

function number(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value)) throw new CurlError(2, `expected a proper numerical parameter, not ${text}`, true);
  return value;
}

function addHeader(options: Options, value: string): void {
  if (value.startsWith('@')) {
    for (const line of fileText(value.slice(1)).split('\n'))
      if (line.trim() !== '') addHeader(options, line.trim());
    return;
  }
  const colon = value.indexOf(':');
  if (colon > 0) options.headers.push([value.slice(0, colon), value.slice(colon + 1).trim()]);
  else if (value.endsWith(';')) options.headers.push([value.slice(0, -1), '\0']);
}

function dataOf(value: string, stripNewlines: boolean): Buffer {
  if (!value.startsWith('@')) return Buffer.from(value);
  const content = fileBytes(value.slice(1));
  return stripNewlines ? Buffer.from(content.toString('latin1').replace(/[\r\n]/g, ''), 'latin1') : content;
}

function urlEncoded(value: string): Buffer {
  const equals = value.indexOf('=');
  if (equals < 0) return Buffer.from(encodeURIComponent(value));
  const prefix = equals === 0 ? '' : value.slice(0, equals + 1);
  return Buffer.from(prefix + encodeURIComponent(value.slice(equals + 1)));
}

function fileText(file: string): string {
  return fileBytes(file).toString('utf8');
}

function fileBytes(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch {
    throw new CurlError(26, `Failed to open ${file}`);
  }
}

function set<K extends keyof Options>(options: Options, key: K, value: Options[K]): void {
  options[key] = value;
}
