import { Check } from '@lateen/api/istio/validate/check';
import { checkDestination, checkWeighted } from '@lateen/api/istio/validate/destination';
import { checkServer, checkServerPort } from '@lateen/api/istio/validate/gateway';
import {
  checkAbort,
  checkCors,
  checkDelay,
  checkDirectResponse,
  checkRedirect,
  checkRegexRewrite,
  checkRetry,
  checkRewrite,
} from '@lateen/api/istio/validate/http-actions';
import { checkHttpRoute } from '@lateen/api/istio/validate/http-route';
import { validateIstio } from '@lateen/api/istio/validate/index';
import { checkLocalities, checkLocality } from '@lateen/api/istio/validate/locality';
import {
  checkExportTo,
  checkHeaderName,
  checkHeaderValue,
  fqdnFault,
  isAddress,
  isGeneratedServerName,
  isPortName,
  isSubnet,
  wildcardFault,
} from '@lateen/api/istio/validate/names';
import { checkServerTls } from '@lateen/api/istio/validate/server-tls';
import {
  checkBalancer,
  checkClientTls,
  checkOutliers,
  checkPool,
  checkTrafficPolicy,
} from '@lateen/api/istio/validate/traffic-policy';

/** One row of Istio's tables, read mechanically. */
export interface Row {
  readonly id: number;
  readonly test: string;
  readonly name?: string;
  readonly message?: string;
  readonly [field: string]: any;
}

export type Verdict = { readonly skip: string } | { readonly difference: string | undefined };

const later =
  /Authorization|RequestAuthentication|PeerAuthentication|Telemetry|Wasm|TrafficExtension|EnvoyFilter|ExtensionProvider|MeshConfig|MeshNetworks|ConnectionSettings|ControlPlaneAuthPolicy|TrustDomain/;

/** Whether we say of a row what Istio says. */
export function verdictOf(row: Row): Verdict {
  if (later.test(row.test)) return { skip: `${row.test}: not a part of routing and traffic policy` };
  const problems = problemsOf(row);
  if (!problems) return { skip: `${row.test}: the row's Go types are not in the data` };
  const errors = problems
    .filter((problem) => problem.severity === 'error')
    .map((problem) => `${problem.path} ${problem.message}`);
  const warnings = problems
    .filter((problem) => problem.severity === 'warning')
    .map((problem) => `${problem.path} ${problem.message}`);
  const valid = expectedValid(row);
  if (valid !== (errors.length === 0)) {
    return { difference: valid ? `refused: ${errors.join('; ')}` : 'accepted, Istio refuses it' };
  }
  const warned = expectedWarning(row);
  if (warned !== undefined && valid && warned !== warnings.length > 0) {
    return { difference: warned ? 'no warning, Istio warns' : `warned: ${warnings.join('; ')}` };
  }
  return { difference: undefined };
}

function expectedValid(row: Row): boolean {
  for (const key of ['valid', 'isValid', 'ok']) if (typeof row[key] === 'boolean') return row[key];
  if (typeof row.wantErr === 'boolean') return !row.wantErr;
  if ('expected' in row) return row.expected === null;
  const failure = row.out ?? row.err ?? row.error;
  return failure === undefined || failure === '' || failure === false;
}

function expectedWarning(row: Row): boolean | undefined {
  for (const key of ['warning', 'warn', 'Warning', 'isWarn', 'wantWarn']) {
    if (row[key] !== undefined) return row[key] !== '' && row[key] !== false;
  }
  return undefined;
}

type Problems = ReturnType<typeof validateIstio>;

function collect(visit: (check: Check) => void): Problems {
  const check = new Check();
  visit(check);
  return check.problems;
}

function fault(message: string | undefined): Problems {
  return collect((check) => message !== undefined && check.error('', message));
}

const byTest: Readonly<Record<string, (row: Row) => Problems>> = {
  TestValidateHTTPRoute: (row) => collect((check) => checkHttpRoute(check, row.route, 'route', false)),
  TestValidateRootHTTPRoute: (row) => collect((check) => checkHttpRoute(check, row.route, 'route', false)),
  TestValidateDelegateHTTPRoute: (row) => collect((check) => checkHttpRoute(check, row.route, 'route', true)),
  TestValidateLocalityLbSetting: (row) =>
    collect((check) => checkLocality(check, row.in, 'in', row.outlier !== null)),
  TestValidateZoneAwareLbSetting: (row) =>
    collect((check) => checkLocality(check, row.in, 'in', row.outlier !== null)),
  TestValidateLocalities: (row) => collect((check) => checkLocalities(check, row.localities, '')),
  Test_validateExportTo: (row) =>
    collect((check) =>
      checkExportTo(check, row.exportTo, '', {
        namespace: row.namespace,
        serviceEntry: row.isServiceEntry,
        withSelector: row.isDestinationRuleWithSelector,
      }),
    ),
  TestValidateHTTPHeaderValue: (row) => collect((check) => checkHeaderValue(check, row.input, '')),
  TestValidateHTTPHeaderName: (row) => collect((check) => checkHeaderName(check, row.name ?? '', '')),
  TestStrictValidateHTTPHeaderName: (row) =>
    collect((check) => checkHeaderName(check, row.name ?? '', '', true)),
  TestValidateHTTPStatus: (row) => collect((check) => check.range(row.in, '', 200, 600)),
  TestValidatePortName: (row) => fault(isPortName(row.name ?? '') ? undefined : 'no port name'),
  TestValidateFQDN: (row) => fault(fqdnFault(row.fqdn)),
  TestValidateWildcardDomain: (row) => fault(wildcardFault(row.in)),
  TestValidateWildcardDomainForVirtualServiceBoundToGateway: (row) =>
    fault(row.sni && isGeneratedServerName(row.in) ? undefined : wildcardFault(row.in)),
  TestParseAutoGeneratedSNIDomain: (row) =>
    fault(isGeneratedServerName(row.in) ? undefined : 'no generated name'),
  TestValidationIPAddress: (row) => fault(isAddress(row.addr) ? undefined : 'no address'),
  TestValidationIPSubnet: (row) => fault(isSubnet(row.subnet) ? undefined : 'no subnet'),
};

const byMessage: Readonly<Record<string, (check: Check, value: any, row: Row) => void>> = {
  HTTPRetry: (check, value) => checkRetry(check, value, ''),
  HTTPRedirect: (check, value) => checkRedirect(check, value, ''),
  HTTPRewrite: (check, value) => checkRewrite(check, value, ''),
  RegexRewrite: (check, value) => checkRegexRewrite(check, value, ''),
  HTTPDirectResponse: (check, value) => checkDirectResponse(check, withBody(value), ''),
  Abort: (check, value) => checkAbort(check, value, ''),
  Delay: (check, value) => checkDelay(check, value, ''),
  CorsPolicy: (check, value) => checkCors(check, value, ''),
  Destination: (check, value) => checkDestination(check, value, ''),
  RouteDestination: (check, value) => checkWeighted(check, value, ''),
  TrafficPolicy: (check, value) => checkTrafficPolicy(check, value, ''),
  ConnectionPoolSettings: (check, value) => checkPool(check, value, ''),
  LoadBalancerSettings: (check, value) => checkBalancer(check, value, '', true),
  OutlierDetection: (check, value) => checkOutliers(check, value, ''),
  ClientTLSSettings: (check, value) => checkClientTls(check, value, ''),
  Server: (check, value) => checkServer(check, value, ''),
  ServerTLSSettings: (check, value) => checkServerTls(check, value, ''),
  Port: (check, value, row) => checkServerPort(check, value, row.bind ?? '', ''),
};

const kinds = new Set([
  'VirtualService',
  'DestinationRule',
  'Gateway',
  'ServiceEntry',
  'Sidecar',
  'WorkloadEntry',
  'WorkloadGroup',
]);

function problemsOf(row: Row): Problems | undefined {
  const direct = byTest[row.test];
  if (direct) return direct(row);
  const message = (row.message ?? '').split('.').at(-1)!;
  const value =
    row.in ??
    row.route ??
    row.routes ??
    row.redirect ??
    row.directResponse ??
    row.destination ??
    row.tls ??
    row.retry ??
    null;
  if (kinds.has(message)) return validateIstio(envelope(message, value, row));
  const visit = byMessage[message];
  return visit && collect((check) => visit(check, value, row));
}

function envelope(kind: string, spec: any, row: Row) {
  const { labels, annotations } = row;
  return {
    apiVersion: 'networking.istio.io/v1',
    kind,
    metadata: {
      name: 'foo',
      namespace: 'default',
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
    },
    spec: spec ?? {},
  };
}

/** The data writes computed bodies as Go expressions. */
function withBody(response: any): any {
  const text = response?.body?.bytes ?? response?.body?.string;
  if (typeof text !== 'string' || !text.startsWith('BYTES:')) return response;
  const repeated = /Repeat\("a", \(1\*mb\)\+1\)/.test(text);
  return {
    ...response,
    body: { string: repeated ? 'a'.repeat(1024 * 1024 + 1) : text.slice('BYTES:'.length) },
  };
}
