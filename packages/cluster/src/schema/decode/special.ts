import { canonicalQuantity, quantityError } from '../quantity.ts';
import { formatGoDuration, parseGoDuration, parseTime } from './time.ts';
import { typeError } from './type-error.ts';

interface Special {
  value?: unknown;
  /** Reported when nothing worse follows. */
  saved?: string;
  /** Ends decoding. */
  fatal?: string;
}

/** Types that read themselves from JSON; undefined for formats that say nothing about reading. */
export function readSpecial(
  format: string,
  value: unknown,
  struct: string,
  field: string,
): Special | undefined {
  switch (format) {
    case 'quantity':
      return quantity(value);
    case 'int-or-string':
      return intOrString(value, struct, field);
    case 'date-time':
    case 'micro-time':
      return text(value, struct, field) ?? parseTime(value as string, format === 'micro-time');
    case 'duration':
      return text(value, struct, field) ?? duration(value as string);
    case 'byte':
      return bytes(value, struct, field);
    case 'raw':
      return { value };
    default:
      return undefined;
  }
}

function text(value: unknown, struct: string, field: string): Special | undefined {
  return typeof value === 'string' ? undefined : { fatal: typeError(kindOf(value), 'string', struct, field) };
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function quantity(value: unknown): Special {
  const written = (typeof value === 'string' ? value : JSON.stringify(value)).trim();
  const canonical = canonicalQuantity(written);
  return canonical === undefined ? { fatal: quantityError(written)! } : { value: canonical };
}

function intOrString(value: unknown, struct: string, field: string): Special {
  if (typeof value === 'string') return { value };
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31) return { value };
  const kind = typeof value === 'number' ? `number ${value}` : kindOf(value);
  return { fatal: typeError(kind, 'int32', struct, field) };
}

function duration(value: string): Special {
  const nanos = parseGoDuration(value);
  return nanos === undefined
    ? { fatal: `time: invalid duration ${JSON.stringify(value)}` }
    : { value: formatGoDuration(nanos) };
}

function bytes(value: unknown, struct: string, field: string): Special {
  if (typeof value !== 'string') return { saved: typeError(kindOf(value), '[]uint8', struct, field) };
  const input = value.replace(/[\r\n]/g, '');
  const problem = base64Problem(input);
  return problem === undefined ? { value: input } : { saved: `illegal base64 data at input byte ${problem}` };
}

/** Where Go's strict base64 decoder stops; undefined when the text is fine. */
function base64Problem(input: string): number | undefined {
  const wrong = input.search(/[^A-Za-z0-9+/]/);
  const body = wrong === -1 ? input : input.slice(0, wrong);
  if (wrong === -1) return body.length % 4 === 0 ? undefined : body.length - (body.length % 4 === 0 ? 0 : 0);
  if (input[wrong] !== '=' || body.length % 4 < 2) return wrong;
  const padding = 4 - (body.length % 4);
  const rest = input.slice(wrong);
  if (!rest.startsWith('='.repeat(padding))) return rest.length < padding ? input.length : wrong + 1;
  return rest.length === padding ? undefined : wrong + padding;
}
