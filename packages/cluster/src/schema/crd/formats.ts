import { isIP, isIPv4, isIPv6 } from 'node:net';
import { parseGoDuration } from '../decode/time.ts';
import { isDns1123Label, isDns1123Subdomain } from '../validation/names.ts';

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const hostname =
  /^([a-zA-Z0-9\p{L}]([-a-zA-Z0-9\p{L}]{0,61}[a-zA-Z0-9\p{L}])?)(\.[a-zA-Z0-9\p{L}]([-a-zA-Z0-9\p{L}]{0,61}[a-zA-Z0-9\p{L}])?)*\.?$/u;

/** Texts that a format takes; formats that are not here are not checked. */
const checks: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': isDateTime,
  datetime: isDateTime,
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  duration: isDuration,
  ipv4: (text) => isIPv4(text),
  ipv6: (text) => isIPv6(text),
  cidr: isCidr,
  mac: (text) => /^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/.test(text),
  uuid: (text) => uuid.test(text),
  uuid3: (text) => uuid.test(text),
  uuid4: (text) => uuid.test(text),
  uuid5: (text) => uuid.test(text),
  email: (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(text),
  hostname: (text) => text.length <= 255 && hostname.test(text),
  uri: isUri,
  byte: (text) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text),
  hexcolor: (text) => /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text),
  'k8s-short-name': (text) => isDns1123Label(text).length === 0,
  'k8s-long-name': (text) => isDns1123Subdomain(text).length === 0,
};

function isDateTime(text: string): boolean {
  const match = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[-+]\d\d:?\d\d)?$/.exec(text);
  return (
    match !== null && !Number.isNaN(Date.parse(match[1]!)) && Number(match[2]) < 24 && Number(match[3]) < 60
  );
}

function isDuration(text: string): boolean {
  return (
    parseGoDuration(text) !== undefined ||
    /^\d+\s*(ns|us|ms|s|m|h|d|w|day|days|hour|hours|week|weeks|minutes?|seconds?)$/.test(text)
  );
}

function isCidr(text: string): boolean {
  const [address, bits] = text.split('/');
  const version = isIP(address ?? '');
  return version !== 0 && /^\d{1,3}$/.test(bits ?? '') && Number(bits) <= (version === 4 ? 32 : 128);
}

function isUri(text: string): boolean {
  return URL.canParse(text) || text.startsWith('/');
}

export function formatFits(format: string, text: string): boolean {
  return checks[format]?.(text) ?? true;
}
