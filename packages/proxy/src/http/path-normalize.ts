import type { HcmSettings } from './config/hcm.ts';

export interface NormalizedPath {
  readonly path: string;
  readonly redirect: boolean;
}

type PathSettings = Pick<HcmSettings, 'normalizePath' | 'mergeSlashes' | 'escapedSlashes'>;

/** Brings a path into the form that the settings ask for; undefined when they ask to refuse it. */
export function normalizePath(target: string, settings: PathSettings): NormalizedPath | undefined {
  const query = target.indexOf('?');
  let path = query < 0 ? target : target.slice(0, query);
  const rest = query < 0 ? '' : target.slice(query);
  let redirect = false;
  if (
    settings.escapedSlashes !== 'KEEP_UNCHANGED' &&
    settings.escapedSlashes !== 'IMPLEMENTATION_SPECIFIC_DEFAULT'
  ) {
    const unescaped = path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\');
    if (unescaped !== path) {
      if (settings.escapedSlashes === 'REJECT_REQUEST') return undefined;
      redirect = settings.escapedSlashes === 'UNESCAPE_AND_REDIRECT';
      path = unescaped;
    }
  }
  if (settings.normalizePath) {
    if (path.includes('%00')) return undefined;
    path = canonical(path);
  }
  if (settings.mergeSlashes) path = /^\/\/+$/.test(path) ? '//' : path.replace(/\/\/+/g, '/');
  return { path: path + rest, redirect };
}

const unreserved = /[A-Za-z0-9\-._~]/;

/** Resolves dot segments, turns backslashes, and decodes what needs no encoding. */
function canonical(path: string): string {
  const decoded = path
    .replaceAll('\\', '/')
    .replace(/%([0-9A-Fa-f]{2})/g, (whole, hex: string) => {
      const char = String.fromCharCode(Number.parseInt(hex, 16));
      return unreserved.test(char) ? char : whole;
    })
    .replace(
      /[ "<>`{}|^\t\x80-\xff]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
  const output: string[] = [];
  const segments = decoded.split('/').slice(1);
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    const name = segment.split(';', 1)[0];
    if (name === '.' || name === '..') {
      if (name === '..') output.pop();
      if (last) output.push('');
    } else output.push(segment);
  });
  return `/${output.join('/')}`;
}
