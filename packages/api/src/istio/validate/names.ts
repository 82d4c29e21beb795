import { isIP } from 'node:net';
import type { Check } from './check.ts';

const label = /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/;
const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const headerName = /^[-!#$%&'*+.^_`|~0-9A-Za-z:]*[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;

export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && dnsLabel.test(text);
}

export function isPortName(text: string): boolean {
  return text.length > 0 && text.length <= 63 && label.test(text);
}

/** Why a text is no full host name; undefined when it is one. A trailing dot is allowed. */
export function fqdnFault(text: string): string | undefined {
  if (text === '') return 'must not be empty';
  if (text.length > 255) return 'is longer than 255 characters';
  const parts = (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
  const bad = parts.find((part) => part.length > 63 || !label.test(part));
  return bad === undefined ? undefined : `"${text}" is invalid: "${bad}" is no part of a host name`;
}

/** The same, with `*` allowed as, or at the beginning of, the first part. */
export function wildcardFault(text: string): string | undefined {
  if (text === '') return 'must not be empty';
  if (text.length > 255) return 'is longer than 255 characters';
  const [first = '', ...rest] = text.split('.');
  if (first === '*' || !first.startsWith('*')) {
    return first === '*' ? (rest.length === 0 ? undefined : fqdnFault(rest.join('.'))) : fqdnFault(text);
  }
  const tail = first.slice(1);
  if (!/^[-a-zA-Z0-9]*[a-zA-Z0-9]$/.test(tail)) return `"${text}" is invalid`;
  return rest.length === 0 ? undefined : fqdnFault(rest.join('.'));
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

export function isSubnet(text: string): boolean {
  const [address = '', length, more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more !== undefined) return false;
  if (length === undefined) return true;
  return /^\d+$/.test(length) && Number(length) <= (version === 4 ? 32 : 128);
}

/** A name that a gateway-bound virtual service may have besides host names: one that Istio makes for SNI routing. */
export function isGeneratedServerName(text: string): boolean {
  const match = /^(outbound|inbound)_\.(\d+)_\.([^.]*)_\.(.+)$/.exec(text);
  return match !== null && fqdnFault(match[4]!) === undefined;
}

export function checkHeaderName(check: Check, name: string, path: string, strict = false): void {
  if (name === '') {
    check.error(path, 'header names must not be empty');
    return;
  }
  if (!headerName.test(name) || (strict && name.startsWith(':')))
    check.error(path, `"${name}" is no header name`);
}

const command = /%(?:%|[A-Z0-9_]+(?:\((?:[^()]|\([^()]*\))*\))?(?::\d+)?%)/g;

/** Header values are Envoy's format strings: a percent sign begins a command such as `%HOSTNAME%` or is doubled. */
export function checkHeaderValue(check: Check, value: string, path: string): void {
  if (value.replaceAll(command, '').includes('%')) {
    check.error(path, `"${value}" is invalid: write % twice where no command such as %HOSTNAME% is meant`);
  }
}

export function checkLabels(
  check: Check,
  labels: Record<string, string> | null | undefined,
  path: string,
): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (!isLabelKey(key)) check.error(path, `"${key}" is no label key`);
    if (!/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value) || value.length > 63) {
      check.error(`${path}.${key}`, `"${value}" is no label value`);
    }
  }
}

function isLabelKey(key: string): boolean {
  const parts = key.split('/');
  const name = parts.pop()!;
  if (name.length > 63 || !/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name)) return false;
  return parts.length === 0 || (parts.length === 1 && parts[0]!.split('.').every(isDnsLabel));
}

export function checkExportTo(
  check: Check,
  exportTo: readonly string[] | null | undefined,
  path: string,
  options: { namespace: string; serviceEntry?: boolean; withSelector?: boolean },
): void {
  const list = exportTo ?? [];
  if (list.length === 0) return;
  check.unique(
    list.map((entry) => (entry === '.' ? options.namespace : entry)),
    path,
    'namespace',
  );
  for (const [index, entry] of list.entries()) {
    if (entry === '*' || entry === '.' || (entry === '~' && options.serviceEntry)) continue;
    if (!isDnsLabel(entry)) check.error(`${path}[${index}]`, `"${entry}" must be ".", "*" or a namespace`);
  }
  if (list.includes('*') && list.length > 1) check.error(path, '"*" must stand alone');
  if (list.includes('~') && list.length > 1) check.error(path, '"~" must stand alone');
  const foreign = list.some((entry) => entry !== '.' && entry !== options.namespace);
  if (options.withSelector && foreign)
    check.error(path, 'a rule with a workloadSelector holds in its own namespace only: write "."');
}
