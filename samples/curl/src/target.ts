import { CurlError } from './error.ts';
import type { Options } from './options.ts';

export interface Target {
  readonly url: URL;
  readonly port: number;
  /** Where to connect, which is not always what the URL names. */
  readonly connectHost: string;
  readonly connectPort: number;
}

/** A URL as it is typed: `host:port/path` is HTTP. */
export function parseUrl(text: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (!url?.hostname) throw new CurlError(3, 'URL using bad/illegal format or missing URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new CurlError(1, `Protocol "${url.protocol.slice(0, -1)}" not supported`);
  }
  return url;
}

/** The address behind a URL after `--resolve` and `--connect-to`. */
export function targetOf(url: URL, options: Options): Target {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  for (const entry of options.connectTo) {
    const [fromHost, fromPort, toHost, toPort] = splitColons(entry, 4);
    if ((fromHost === '' || fromHost === host) && (fromPort === '' || Number(fromPort) === port)) {
      return { url, port, connectHost: toHost || host, connectPort: Number(toPort) || port };
    }
  }
  for (const entry of options.resolve) {
    const [name, number, address] = splitColons(entry.replace(/^\+/, ''), 3);
    if ((name === host || name === '*') && Number(number) === port) {
      return {
        url,
        port,
        connectHost: (address ?? '').split(',')[0]!.replace(/^\[|\]$/g, ''),
        connectPort: port,
      };
    }
  }
  return { url, port, connectHost: host, connectPort: port };
}

/** Splits at colons outside of brackets; the last part keeps its colons. */
function splitColons(text: string, parts: number): string[] {
  const found: string[] = [];
  let rest = text;
  while (found.length < parts - 1) {
    const match = /^(\[[^\]]*\]|[^:]*):/.exec(rest);
    if (!match) break;
    found.push(match[1]!.replace(/^\[|\]$/g, ''));
    rest = rest.slice(match[0].length);
  }
  return [...found, rest];
}
