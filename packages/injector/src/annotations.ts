import { isIP } from 'node:net';
import type { Problem } from '@lateen/kit';

export type Annotations = Readonly<Record<string, string>>;

export const traffic = (name: string) => `traffic.sidecar.istio.io/${name}`;
export const sidecar = (name: string) => `sidecar.istio.io/${name}`;
export const readiness = (name: string) => `readiness.status.sidecar.istio.io/${name}`;
export const statusPortAnnotation = 'status.sidecar.istio.io/port';
export const templatesAnnotation = 'inject.istio.io/templates';
export const statusAnnotation = 'sidecar.istio.io/status';
export const proxyConfigAnnotation = 'proxy.istio.io/config';

type Check = (value: string) => string | undefined;

const list = (value: string) =>
  value
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);

function cidr(word: string): boolean {
  const [address = '', bits = ''] = word.split('/');
  const family = isIP(address);
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

const cidrs: Check = (value) => {
  const wrong = list(value).find((word) => !cidr(word));
  return wrong === undefined ? undefined : `"${wrong}" is no network such as 10.0.0.0/8`;
};

const cidrsOrAll: Check = (value) => (value.trim() === '*' ? undefined : cidrs(value));

function isPort(word: string): boolean {
  const port = Number(word);
  return /^\d+$/.test(word) && port <= 65535;
}

const ports: Check = (value) => {
  const wrong = list(value).find((word) => !isPort(word));
  return wrong === undefined ? undefined : `"${wrong}" is no port from 0 to 65535`;
};

const portsOrAll: Check = (value) => (value.trim() === '*' ? undefined : ports(value));
const port: Check = (value) => (isPort(value) ? undefined : `"${value}" is no port from 0 to 65535`);
const wholeNumber: Check = (value) => (/^\d+$/.test(value) ? undefined : `"${value}" is no whole number`);
const flag: Check = (value) =>
  /^(true|false|1|0|t|f)$/i.test(value) ? undefined : `"${value}" is neither true nor false`;
const json: Check = (value) => {
  try {
    JSON.parse(value);
    return undefined;
  } catch (error) {
    return `is no JSON: ${(error as Error).message}`;
  }
};
const mode: Check = (value) =>
  ['REDIRECT', 'TPROXY', 'NONE'].includes(value) ? undefined : 'must be REDIRECT, TPROXY or NONE';

const checks: Readonly<Record<string, Check>> = {
  [traffic('includeOutboundIPRanges')]: cidrsOrAll,
  [traffic('excludeOutboundIPRanges')]: cidrs,
  [traffic('includeInboundPorts')]: portsOrAll,
  [traffic('excludeInboundPorts')]: ports,
  [traffic('includeOutboundPorts')]: portsOrAll,
  [traffic('excludeOutboundPorts')]: ports,
  [statusPortAnnotation]: port,
  [readiness('initialDelaySeconds')]: wholeNumber,
  [readiness('periodSeconds')]: wholeNumber,
  [readiness('failureThreshold')]: wholeNumber,
  [sidecar('inject')]: flag,
  [sidecar('rewriteAppHTTPProbers')]: flag,
  [sidecar('nativeSidecar')]: flag,
  [sidecar('interceptionMode')]: mode,
  [sidecar('userVolume')]: json,
  [sidecar('userVolumeMount')]: json,
};

/** What is wrong with the annotations by which a pod steers its sidecar. */
export function checkAnnotations(annotations: Annotations, path: string): Problem[] {
  return Object.entries(checks).flatMap(([name, check]): Problem[] => {
    const value = annotations[name];
    const wrong = value === undefined || value === '' ? undefined : check(value);
    if (wrong === undefined) return [];
    const message = `annotation ${name}: ${wrong}`;
    return [{ code: 'InvalidAnnotation', severity: 'error', path: `${path}[${name}]`, message }];
  });
}

export function isTrue(value: string | undefined, fallback: boolean): boolean {
  return value === undefined || value === '' ? fallback : /^(true|1|t)$/i.test(value);
}
