import { stringify } from 'yaml';

export type OutputFormat = 'json' | 'yaml' | 'table';

/** The text of a value under `-o json` or `-o yaml`, with its newline. */
export function formatStructured(value: unknown, format: 'json' | 'yaml'): string {
  return format === 'json'
    ? `${JSON.stringify(value, null, 2)}\n`
    : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
