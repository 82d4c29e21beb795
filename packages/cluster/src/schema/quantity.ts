/** An exact amount in billionths (Kubernetes rounds up to that), remembering how it is written. */
export interface Quantity {
  readonly nano: bigint;
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

const nanoPerUnit = 1_000_000_000n;
const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binary: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };

export const QUANTITY_PATTERN_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The complaint about a text that is no quantity, in Kubernetes' words. */
export function quantityError(text: string): string | undefined {
  if (parseQuantity(text) !== undefined) return undefined;
  const match = /^([+-]?)([0-9.]*)(.*)$/s.exec(text)!;
  if (text === '' || match[2] === '' || !/^[eEinumkKMGTP]*[-+]?[0-9]*$/.test(match[3]!))
    return QUANTITY_PATTERN_ERROR;
  if (match[2]!.split('.').length > 2 || match[2] === '.') return QUANTITY_PATTERN_ERROR;
  return "unable to parse quantity's suffix";
}

/** Undefined when the text is no quantity. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text);
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) return undefined;
  const suffix = match[4]!;
  const factor = suffixFactor(suffix);
  if (factor === undefined) return undefined;
  const fraction = match[3] ?? '';
  const digits = BigInt(match[2]! + fraction);
  const nano = scaleUp(digits * factor.binary * nanoPerUnit, factor.exponent - fraction.length);
  const format =
    factor.format === 'BinarySI' && nano > 0n && nano < nanoPerUnit ? 'DecimalSI' : factor.format;
  return { nano: match[1] === '-' ? -nano : nano, format };
}

function suffixFactor(
  suffix: string,
): { binary: bigint; exponent: number; format: Quantity['format'] } | undefined {
  if (binary[suffix] !== undefined) return { binary: 1n << binary[suffix], exponent: 0, format: 'BinarySI' };
  if (decimal[suffix] !== undefined) return { binary: 1n, exponent: decimal[suffix], format: 'DecimalSI' };
  const exponent = /^[eE]([-+]?[0-9]+)$/.exec(suffix);
  if (exponent === null) return undefined;
  const value = Number(exponent[1]);
  return Math.abs(value) > 100 ? undefined : { binary: 1n, exponent: value, format: 'DecimalExponent' };
}

/** `value × 10^exponent`, rounded away from zero. */
function scaleUp(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  const quotient = value / divisor;
  return value % divisor === 0n ? quotient : quotient + (value > 0n ? 1n : -1n);
}

export function compareQuantity(a: Quantity, b: Quantity): number {
  return a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0;
}

export function addQuantity(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function subtractQuantity(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** The amount rounded up to whole units. */
export function quantityInteger(quantity: Quantity): bigint {
  return scaleUp(quantity.nano, -9);
}

/** The canonical form, as Kubernetes writes it back. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.nano === 0n) return '0';
  const sign = quantity.nano < 0n ? '-' : '';
  const nano = quantity.nano < 0n ? -quantity.nano : quantity.nano;
  if (quantity.format === 'BinarySI' && nano >= 1024n * nanoPerUnit)
    return sign + formatBinary(scaleUp(nano, -9));
  return sign + formatDecimal(nano, quantity.format === 'DecimalExponent');
}

function formatBinary(units: bigint): string {
  let value = units;
  let power = 0;
  while (power < 6 && value % 1024n === 0n) {
    value /= 1024n;
    power += 1;
  }
  return `${value}${power === 0 ? '' : Object.keys(binary)[power - 1]}`;
}

function formatDecimal(nano: bigint, exponential: boolean): string {
  let value = nano;
  let exponent = -9;
  while (exponent < 18 && value % 1000n === 0n) {
    value /= 1000n;
    exponent += 3;
  }
  if (exponential) return exponent === 0 ? `${value}` : `${value}e${exponent}`;
  const suffix = Object.keys(decimal).find((key) => decimal[key] === exponent);
  return `${value}${suffix}`;
}

/** The canonical form of a text; undefined when it is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const quantity = parseQuantity(text);
  return quantity === undefined ? undefined : formatQuantity(quantity);
}
