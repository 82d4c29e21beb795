import type { HeaderList, RequestHeaders, ResponseHeaders, TrailerList } from '../header-list.ts';

/** How names are spelled on a connection: as they are (lower case), `Proper-Case`, or as the peer spelled them. */
export type NameStyle = 'lower' | 'proper' | 'preserve';

export type Framing = 'none' | 'empty' | 'chunked';

const reasons: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'Switching Protocols',
  102: 'Processing',
  103: 'Early Hints',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  203: 'Non-Authoritative Information',
  204: 'No Content',
  205: 'Reset Content',
  206: 'Partial Content',
  207: 'Multi-Status',
  208: 'Already Reported',
  226: 'IM Used',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  305: 'Use Proxy',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Entity',
  423: 'Locked',
  424: 'Failed Dependency',
  426: 'Upgrade Required',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  506: 'Variant Also Negotiates',
  507: 'Insufficient Storage',
  508: 'Loop Detected',
  510: 'Not Extended',
  511: 'Network Authentication Required',
  599: 'Last Unassigned Server Error Code',
};

/** Envoy's reason phrases; `Unknown` for codes without one. */
export function reasonPhrase(status: number): string {
  return reasons[status] ?? 'Unknown';
}

/** Head of a request as it goes upstream. CONNECT has the authority as its target. */
export function requestHeadText(headers: RequestHeaders, framing: Framing, style: NameStyle): string {
  const target = headers.path === undefined ? (headers.authority ?? '') : headers.path;
  let text = `${headers.method} ${target} HTTP/1.1\r\n`;
  if (style === 'lower') {
    if (headers.authority !== undefined) text += `host: ${headers.authority}\r\n`;
    return `${text}${lowerLines(headers)}${framingLine[framing]}\r\n`;
  }
  const spell = speller(headers, style);
  if (headers.authority !== undefined) text += `${spell('host')}: ${headers.authority}\r\n`;
  return `${text}${spelledLines(headers, spell)}${spelledFraming(framing, spell)}\r\n`;
}

const framingLine: Readonly<Record<Framing, string>> = {
  none: '',
  empty: 'content-length: 0\r\n',
  chunked: 'transfer-encoding: chunked\r\n',
};

export function responseHeadText(
  headers: ResponseHeaders,
  framing: Framing,
  style: NameStyle,
  http10: boolean,
): string {
  const line = `HTTP/1.${http10 ? 0 : 1} ${headers.status} ${reasonPhrase(headers.status)}\r\n`;
  if (style === 'lower') return `${line}${lowerLines(headers)}${framingLine[framing]}\r\n`;
  const spell = speller(headers, style);
  return `${line}${spelledLines(headers, spell)}${spelledFraming(framing, spell)}\r\n`;
}

/** What ends a chunked body. */
export function lastChunkText(trailers: TrailerList | undefined): string {
  return trailers === undefined ? '0\r\n\r\n' : `0\r\n${lowerLines(trailers)}\r\n`;
}

function lowerLines(headers: HeaderList): string {
  const list = headers.list;
  let text = '';
  for (let i = 0; i < list.length; i += 2) text += `${list[i]}: ${list[i + 1]}\r\n`;
  return text;
}

function spelledLines(headers: HeaderList, spell: (name: string) => string): string {
  const list = headers.list;
  let text = '';
  for (let i = 0; i < list.length; i += 2) text += `${spell(list[i]!)}: ${list[i + 1]}\r\n`;
  return text;
}

function spelledFraming(framing: Framing, spell: (name: string) => string): string {
  if (framing === 'none') return '';
  return framing === 'empty'
    ? `${spell('content-length')}: 0\r\n`
    : `${spell('transfer-encoding')}: chunked\r\n`;
}

function speller(headers: HeaderList, style: NameStyle): (name: string) => string {
  if (style === 'proper') return properCase;
  const cases = headers.originalCase;
  return (name) => cases?.get(name) ?? name;
}

function properCase(name: string): string {
  return name.replace(
    /(^|[^A-Za-z])([a-z])/g,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

/** How the answer's end is told; `raw` when it cannot be chunked. */
export function responseFraming(
  headers: ResponseHeaders,
  end: boolean,
  head: boolean,
  raw: boolean,
): Framing {
  const { status } = headers;
  if (headers.first('content-length') !== undefined || status < 200 || status === 204 || status === 304)
    return 'none';
  if (end && !head) return 'empty';
  return raw ? 'none' : 'chunked';
}
