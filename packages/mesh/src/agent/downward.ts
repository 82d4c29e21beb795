import { readFileSync } from 'node:fs';

/** Lines `key="value"` as the kubelet writes labels and annotations into downward API volumes. */
export function parseDownward(text: string): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) entries[line.slice(0, at)] = unquote(line.slice(at + 1));
  }
  return entries;
}

/** Go's quoting: JSON's, with `\x`, `\U` and `\a` besides. */
function unquote(text: string): string {
  const json = text.replace(/\\x([0-9a-f]{2})/g, '\\u00$1').replace(/\\[av]/g, ' ');
  try {
    return String(JSON.parse(json));
  } catch {
    return text.replace(/^"|"$/g, '');
  }
}

/** A file of that form; empty when it is not there. */
export function readDownward(file: string): Record<string, string> {
  try {
    return parseDownward(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
