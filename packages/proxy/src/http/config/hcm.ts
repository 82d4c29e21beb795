import type { Problem } from '@lateen/kit';
import type { RequestHeadOptions } from '../codec/request-head.ts';
import type { NameStyle } from '../codec/serialize.ts';
import type { Message } from '../types.ts';
import { type AddressSet, compileAddressSet } from './addresses.ts';
import { nameStyle } from './name-style.ts';
import { duration, join, optionalDuration, problem, refuseUnknown, typeName } from './values.ts';

/** An HttpConnectionManager message as the hot path reads it. All times in milliseconds, 0 is for ever. */
export interface HcmSettings {
  readonly statPrefix: string;
  readonly head: RequestHeadOptions;
  readonly enableTrailers: boolean;
  readonly nameStyle: NameStyle;
  readonly defaultHostForHttp10: string;
  readonly streamErrorOnInvalid: boolean;
  readonly idleTimeout: number;
  readonly maxConnectionDuration: number;
  readonly maxStreamDuration: number;
  readonly maxRequestsPerConnection: number;
  readonly streamIdleTimeout: number;
  readonly requestTimeout: number;
  readonly requestHeadersTimeout: number;
  readonly drainTimeout: number;
  readonly delayedCloseTimeout: number;
  readonly serverName: string;
  readonly serverHeader: 'OVERWRITE' | 'APPEND_IF_ABSENT' | 'PASS_THROUGH';
  readonly schemeOverwrite: string | undefined;
  readonly useRemoteAddress: boolean;
  readonly trustedHops: number;
  readonly skipXffAppend: boolean;
  readonly ipDetection: readonly IpDetection[];
  readonly internalAddresses: AddressSet;
  readonly appendForwardedPort: boolean;
  readonly via: string;
  readonly addUserAgent: boolean;
  readonly generateRequestId: boolean;
  readonly preserveExternalRequestId: boolean;
  readonly alwaysSetRequestIdInResponse: boolean;
  readonly forwardClientCert: string;
  readonly proxy100Continue: boolean;
  readonly upgrades: ReadonlyMap<string, UpgradeSetting>;
  readonly normalizePath: boolean;
  readonly mergeSlashes: boolean;
  readonly escapedSlashes: string;
  readonly stripMatchingPort: boolean;
  readonly stripAnyPort: boolean;
  readonly stripTrailingDot: boolean;
  readonly proxyStatus: ProxyStatusSetting | undefined;
  /** Plain HTTP/1 connections are refused: only HTTP/2 or HTTP/3 was asked for. */
  readonly refusesHttp1: boolean;
}

export interface UpgradeSetting {
  readonly enabled: boolean;
  readonly filters: readonly Message[] | undefined;
}

export type IpDetection =
  | {
      readonly kind: 'xff';
      readonly hops: number;
      readonly trusted: AddressSet | undefined;
      readonly append: boolean;
    }
  | {
      readonly kind: 'header';
      readonly name: string;
      readonly internal: boolean;
      readonly reject: number | undefined;
    };

export interface ProxyStatusSetting {
  readonly removeDetails: boolean;
  readonly removeConnectionTermination: boolean;
  readonly removeFlags: boolean;
  readonly setCode: boolean;
  readonly name: string;
}

const supported: ReadonlySet<string> = new Set(
  `codecType statPrefix rds routeConfig httpFilters addUserAgent tracing commonHttpProtocolOptions httpProtocolOptions
http2ProtocolOptions http3ProtocolOptions serverName serverHeaderTransformation schemeHeaderTransformation
maxRequestHeadersKb streamIdleTimeout streamFlushTimeout requestTimeout requestHeadersTimeout drainTimeout
delayedCloseTimeout accessLog accessLogOptions accessLogFlushInterval useRemoteAddress xffNumTrustedHops
originalIpDetectionExtensions internalAddressConfig skipXffAppend via generateRequestId preserveExternalRequestId
alwaysSetRequestIdInResponse forwardClientCertDetails setCurrentClientCertDetails proxy100Continue upgradeConfigs
normalizePath mergeSlashes pathWithEscapedSlashesAction requestIdExtension stripMatchingHostPort
stripAnyHostPort streamErrorOnInvalidHttpMessage stripTrailingHostDot proxyStatusConfig appendXForwardedPort
addProxyProtocolConnectionState representIpv4RemoteAddressAsIpv4MappedIpv6 hcmIpDetection appendLocalOverload`.split(
    /\s+/,
  ),
);

const supportedHttp1: ReadonlySet<string> = new Set(
  `allowAbsoluteUrl acceptHttp10 defaultHostForHttp10 headerKeyFormat enableTrailers allowChunkedLength
overrideStreamErrorOnInvalidHttpMessage useBalsaParser ignoreHttp11Upgrade`.split(/\s+/),
);

const supportedCommon: ReadonlySet<string> = new Set(
  `idleTimeout maxConnectionDuration maxHeadersCount maxResponseHeadersKb maxStreamDuration
headersWithUnderscoresAction maxRequestsPerConnection`.split(/\s+/),
);

/** Reads the message; what is not supported becomes a problem with its path. */
export function readHcmSettings(config: Message, path: string, problems: Problem[]): HcmSettings {
  refuseUnknown(config, supported, path, problems);
  const common: Message = config.commonHttpProtocolOptions ?? {};
  const http1: Message = config.httpProtocolOptions ?? {};
  refuseUnknown(common, supportedCommon, join(path, 'commonHttpProtocolOptions'), problems);
  refuseUnknown(http1, supportedHttp1, join(path, 'httpProtocolOptions'), problems);
  const style = nameStyle(http1.headerKeyFormat);
  const head = readHeadOptions(config, common, http1, style);
  return {
    statPrefix: config.statPrefix ?? '',
    head,
    enableTrailers: http1.enableTrailers ?? false,
    nameStyle: style,
    defaultHostForHttp10: http1.defaultHostForHttp10 ?? '',
    streamErrorOnInvalid:
      http1.overrideStreamErrorOnInvalidHttpMessage ?? config.streamErrorOnInvalidHttpMessage ?? false,
    ...readTimes(config, common),
    maxRequestsPerConnection: common.maxRequestsPerConnection ?? 0,
    serverName: config.serverName || 'envoy',
    serverHeader: config.serverHeaderTransformation ?? 'OVERWRITE',
    schemeOverwrite: config.schemeHeaderTransformation?.schemeToOverwrite,
    ...readAddresses(config, path, problems),
    via: config.via ?? '',
    addUserAgent: config.addUserAgent ?? false,
    generateRequestId: config.generateRequestId ?? true,
    preserveExternalRequestId: config.preserveExternalRequestId ?? false,
    alwaysSetRequestIdInResponse: config.alwaysSetRequestIdInResponse ?? false,
    forwardClientCert: config.forwardClientCertDetails ?? 'SANITIZE',
    proxy100Continue: config.proxy100Continue ?? false,
    upgrades: readUpgrades(config.upgradeConfigs ?? []),
    normalizePath: config.normalizePath ?? false,
    mergeSlashes: config.mergeSlashes ?? false,
    escapedSlashes: config.pathWithEscapedSlashesAction ?? 'KEEP_UNCHANGED',
    stripMatchingPort: config.stripMatchingHostPort ?? false,
    stripAnyPort: config.stripAnyHostPort ?? false,
    stripTrailingDot: config.stripTrailingHostDot ?? false,
    proxyStatus: readProxyStatus(config.proxyStatusConfig),
    refusesHttp1: config.codecType === 'HTTP2' || config.codecType === 'HTTP3',
  };
}

function readHeadOptions(
  config: Message,
  common: Message,
  http1: Message,
  style: NameStyle,
): RequestHeadOptions {
  return {
    maxBytes: (config.maxRequestHeadersKb ?? 60) * 1024,
    maxCount: common.maxHeadersCount ?? 100,
    underscores: common.headersWithUnderscoresAction ?? 'ALLOW',
    preserveCase: style === 'preserve',
    allowAbsoluteUrl: http1.allowAbsoluteUrl ?? true,
    allowChunkedLength: http1.allowChunkedLength ?? false,
    acceptHttp10: http1.acceptHttp10 ?? false,
  };
}

function readTimes(config: Message, common: Message) {
  return {
    idleTimeout: optionalDuration(common.idleTimeout) ?? 3_600_000,
    maxConnectionDuration: optionalDuration(common.maxConnectionDuration) ?? 0,
    maxStreamDuration: optionalDuration(common.maxStreamDuration) ?? 0,
    streamIdleTimeout: optionalDuration(config.streamIdleTimeout) ?? 300_000,
    requestTimeout: optionalDuration(config.requestTimeout) ?? 0,
    requestHeadersTimeout: optionalDuration(config.requestHeadersTimeout) ?? 0,
    drainTimeout: optionalDuration(config.drainTimeout) ?? 5000,
    delayedCloseTimeout: optionalDuration(config.delayedCloseTimeout) ?? 1000,
  };
}

function readAddresses(config: Message, path: string, problems: Problem[]) {
  const hops = config.xffNumTrustedHops ?? 0;
  const extensions: readonly Message[] = config.originalIpDetectionExtensions ?? [];
  if (extensions.length > 0 && (config.useRemoteAddress || hops > 0)) {
    problems.push(
      problem(
        join(path, 'originalIpDetectionExtensions'),
        'Original IP detection extensions and use_remote_address or xff_num_trusted_hops may not be mixed',
      ),
    );
  }
  return {
    useRemoteAddress: config.useRemoteAddress ?? false,
    trustedHops: hops,
    skipXffAppend: config.skipXffAppend ?? false,
    ipDetection: readIpDetection(extensions, hops, join(path, 'originalIpDetectionExtensions'), problems),
    internalAddresses: compileAddressSet(config.internalAddressConfig?.cidrRanges ?? []),
    appendForwardedPort: config.appendXForwardedPort ?? false,
  };
}

function readIpDetection(
  extensions: readonly Message[],
  hops: number,
  path: string,
  problems: Problem[],
): IpDetection[] {
  if (extensions.length === 0) return [{ kind: 'xff', hops, trusted: undefined, append: false }];
  const found: IpDetection[] = [];
  extensions.forEach((extension, index) => {
    const config: Message = extension.typedConfig ?? {};
    const type = typeName(config);
    if (type === 'envoy.extensions.http.original_ip_detection.xff.v3.XffConfig') {
      const trusted =
        config.xffTrustedCidrs === undefined
          ? undefined
          : compileAddressSet(config.xffTrustedCidrs.cidrs ?? []);
      found.push({
        kind: 'xff',
        hops: config.xffNumTrustedHops ?? 0,
        trusted,
        append: config.skipXffAppend === false,
      });
    } else if (type === 'envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig') {
      const reject =
        config.rejectWithStatus === undefined ? undefined : (config.rejectWithStatus.code ?? 403);
      found.push({
        kind: 'header',
        name: String(config.headerName).toLowerCase(),
        internal: config.allowExtensionToSetAddressAsTrusted ?? false,
        reject: typeof reject === 'number' ? reject : 403,
      });
    } else
      problems.push(
        problem(`${path}[${index}]`, `${type || extension.name} is not supported by this proxy yet`),
      );
  });
  return found;
}

function readUpgrades(configs: readonly Message[]): Map<string, UpgradeSetting> {
  const upgrades = new Map<string, UpgradeSetting>();
  for (const config of configs) {
    const filters = config.filters?.length > 0 ? config.filters : undefined;
    upgrades.set(String(config.upgradeType).toLowerCase(), { enabled: config.enabled ?? true, filters });
  }
  return upgrades;
}

function readProxyStatus(config: Message | undefined): ProxyStatusSetting | undefined {
  if (config === undefined) return undefined;
  return {
    removeDetails: config.removeDetails ?? false,
    removeConnectionTermination: config.removeConnectionTerminationDetails ?? false,
    removeFlags: config.removeResponseFlags ?? false,
    setCode: config.setRecommendedResponseCode ?? false,
    name: config.literalProxyName || (config.useNodeId ? 'node' : 'envoy'),
  };
}

export { duration };
