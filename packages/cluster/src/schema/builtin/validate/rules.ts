import { isIP } from 'node:net';
import { invalidValue, notSupported, required } from '../../errors.ts';
import { deepEqual } from '../../patch/json.ts';
import type { FieldError } from '../../types.ts';
import { validateLabels } from '../../validation/metadata.ts';
import {
  isDns1123Label,
  isLabelValue,
  isPercent,
  isPortName,
  isPortNumber,
  isQualifiedName,
} from '../../validation/names.ts';

/** Small rules that many kinds share. */

export type Rule = (value: string) => string[];

/** Complaints of a rule, at a field. */
export function named(field: string, value: string, rule: Rule): FieldError[] {
  return rule(value).map((text) => invalidValue(field, value, text));
}

/** A name that must be there. */
export function requiredName(
  field: string,
  value: string | undefined,
  rule: Rule = isDns1123Label,
): FieldError[] {
  return value ? named(field, value, rule) : [required(field)];
}

export function nonNegative(field: string, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0
    ? [invalidValue(field, value, 'must be greater than or equal to 0')]
    : [];
}

/** One of some words; `list` in the order in which Kubernetes names them. */
export function oneOf(field: string, value: string | undefined, list: readonly string[]): FieldError[] {
  if (!value) return [required(field)];
  return list.includes(value) ? [] : [notSupported(field, value, list)];
}

/** Like `oneOf`, but may be absent. */
export function optionalOneOf(
  field: string,
  value: string | undefined,
  list: readonly string[],
): FieldError[] {
  return value === undefined || list.includes(value) ? [] : [notSupported(field, value, list)];
}

export function immutable(field: string, value: unknown, old: unknown): FieldError[] {
  return deepEqual(value ?? null, old ?? null)
    ? []
    : [invalidValue(field, value ?? null, 'field is immutable')];
}

export function portNumber(field: string, port: number): FieldError[] {
  return isPortNumber(port).map((text) => invalidValue(field, port, text));
}

export function portOrName(field: string, port: number | string): FieldError[] {
  return typeof port === 'number' ? portNumber(field, port) : named(field, port, isPortName);
}

export function ipAddress(field: string, value: string): FieldError[] {
  if (isIP(value) !== 0) return [];
  return [invalidValue(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
}

export function cidr(field: string, value: string): FieldError[] {
  if (isCidr(value)) return [];
  return [invalidValue(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}

function isCidr(value: string): boolean {
  const [address = '', bits = ''] = value.split('/');
  const version = isIP(address);
  return version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

/** An address that endpoints may have. */
export function endpointIp(field: string, value: string): FieldError[] {
  const complain = (text: string) => [invalidValue(field, value, text)];
  if (isIP(value) === 0) return complain('must be a valid IP address');
  if (value === '0.0.0.0' || value === '::') return complain(`may not be unspecified (${value})`);
  if (value.startsWith('127.') || value === '::1')
    return complain('may not be in the loopback range (127.0.0.0/8, ::1/128)');
  if (value.startsWith('169.254.') || /^fe[89ab]/i.test(value)) {
    return complain('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  }
  if (value.startsWith('224.0.0.') || /^ff02:/i.test(value)) {
    return complain('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  }
  return [];
}

export type IntOrString = number | string;

export function positiveIntOrPercent(field: string, value: IntOrString): FieldError[] {
  return typeof value === 'number' ? nonNegative(field, value) : named(field, value, isPercent);
}

export function percentValue(value: IntOrString): number | undefined {
  return typeof value === 'string' && /^[0-9]+%$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

export function atMostAll(field: string, value: IntOrString): FieldError[] {
  return (percentValue(value) ?? 0) > 100
    ? [invalidValue(field, value, 'must not be greater than 100%')]
    : [];
}

/** The number of an integer or a percentage. */
export function intOrPercentValue(value: IntOrString): number {
  return typeof value === 'number' ? value : (percentValue(value) ?? 0);
}

const operators: ReadonlySet<string> = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);

export function labelSelector(field: string, selector: any): FieldError[] {
  if (!selector) return [];
  const expressions: any[] = selector.matchExpressions ?? [];
  return [
    ...validateLabels(selector.matchLabels, `${field}.matchLabels`),
    ...expressions.flatMap((expression, index) =>
      requirement(`${field}.matchExpressions[${index}]`, expression),
    ),
  ];
}

function requirement(field: string, { key = '', operator = '', values = [] }: any): FieldError[] {
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.push({ reason: 'FieldValueForbidden', field: `${field}.values`, message: `Forbidden: ${text}` });
    }
  } else errors.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'));
  errors.push(...named(`${field}.key`, key, isQualifiedName));
  (values as string[]).forEach((value, index) => {
    errors.push(...named(`${field}.values[${index}]`, value, isLabelValue));
  });
  return errors;
}

/** Whether a selector can be used at all. */
export function selectorUsable(selector: any): boolean {
  const expressions: any[] = selector?.matchExpressions ?? [];
  return expressions.every(({ key = '', operator, values = [] }) => {
    const counted = operator === 'In' || operator === 'NotIn' ? values.length > 0 : values.length === 0;
    return operators.has(operator) && counted && isQualifiedName(key).length === 0;
  });
}

export function emptySelector(selector: any): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length === 0;
}
