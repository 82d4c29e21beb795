import type { Origin } from './origin.ts';

export interface StringMatch {
  readonly kind: 'exact' | 'prefix' | 'regex';
  readonly value: string;
}

/** A header's condition; without `value` the header only has to be there. */
export interface NamedMatch {
  readonly name: string;
  readonly value?: StringMatch;
}

/** What a request or connection's source must be, decided when configuration is made for a proxy. */
export interface SourceMatch {
  readonly sourceLabels: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
  /** Names of gateways, full; empty: those of the whole resource. */
  readonly gateways: readonly string[];
  readonly port?: number;
}

export interface HttpMatch extends SourceMatch {
  readonly name?: string;
  readonly uri?: StringMatch;
  readonly ignoreUriCase: boolean;
  readonly scheme?: StringMatch;
  readonly method?: StringMatch;
  readonly authority?: StringMatch;
  readonly headers: readonly NamedMatch[];
  readonly withoutHeaders: readonly NamedMatch[];
  readonly queryParams: readonly NamedMatch[];
  readonly statPrefix?: string;
  readonly origin: Origin;
}

export interface HeaderOperations {
  readonly set: readonly (readonly [string, string])[];
  readonly add: readonly (readonly [string, string])[];
  readonly remove: readonly string[];
}

export interface HeaderPolicy {
  readonly request: HeaderOperations;
  readonly response: HeaderOperations;
}

export interface Destination {
  /** Full name. */
  readonly host: string;
  readonly subset: string;
  /** The service's port; absent: its only one, or that of the listener. */
  readonly port?: number;
  readonly origin: Origin;
}

export interface WeightedDestination {
  readonly destination: Destination;
  readonly weight: number;
  readonly headers?: HeaderPolicy;
}

export interface Rewrite {
  readonly uri?: string;
  readonly authority?: string;
  readonly regex?: { readonly match: string; readonly rewrite: string };
}

export interface Retries {
  readonly attempts: number;
  readonly perTryTimeout?: number;
  readonly retryOn?: string;
  readonly otherLocalities: boolean;
  /** True unless it was said otherwise. */
  readonly ignorePreviousHosts: boolean;
  readonly backoff?: number;
}

export interface Fault {
  readonly delay?: { readonly milliseconds: number; readonly percentage: number };
  readonly abort?: {
    readonly httpStatus?: number;
    readonly grpcStatus?: number;
    readonly percentage: number;
  };
}

export interface Cors {
  readonly allowOrigins: readonly StringMatch[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAge?: number;
  readonly allowCredentials?: boolean;
  readonly forwardUnmatchedPreflights: boolean;
}

export interface Redirect {
  readonly uri?: string;
  readonly authority?: string;
  readonly scheme?: string;
  readonly port?: number;
  readonly portOfRequest: boolean;
  readonly code: number;
}

export interface DirectResponse {
  readonly status: number;
  readonly body?: { readonly text?: string; readonly base64?: string };
}

export interface HttpRoute {
  readonly name?: string;
  /** Any of them; empty: everything. */
  readonly matches: readonly HttpMatch[];
  readonly destinations: readonly WeightedDestination[];
  readonly redirect?: Redirect;
  readonly directResponse?: DirectResponse;
  readonly delegate?: { readonly name: string; readonly namespace: string };
  readonly rewrite?: Rewrite;
  readonly timeout?: number;
  readonly retries?: Retries;
  readonly fault?: Fault;
  readonly mirrors: readonly { readonly destination: Destination; readonly percentage: number }[];
  readonly cors?: Cors;
  readonly headers?: HeaderPolicy;
  readonly origin: Origin;
}

export interface L4Match extends SourceMatch {
  readonly sniHosts: readonly string[];
  readonly destinationSubnets: readonly string[];
}

export interface L4Route {
  readonly matches: readonly L4Match[];
  readonly destinations: readonly WeightedDestination[];
  readonly origin: Origin;
}

/** Rules for the hosts that clients ask for: what a VirtualService or a mesh-wide HTTPRoute says. */
export interface RouteRules {
  readonly name: string;
  readonly namespace: string;
  readonly created: number;
  readonly hosts: readonly string[];
  /** `mesh`, or `namespace/name` of gateways. */
  readonly gateways: readonly string[];
  readonly exportTo: readonly string[];
  readonly http: readonly HttpRoute[];
  readonly tls: readonly L4Route[];
  readonly tcp: readonly L4Route[];
  /** Only parts for others to delegate to. */
  readonly delegateOnly: boolean;
  readonly origin: Origin;
}
