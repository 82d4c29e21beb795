import type { Counter } from '../../telemetry/stats.ts';
import type { ResponseHeaders } from '../header-list.ts';
import type { Stream } from '../stream.ts';
import type { Random, Runtime } from '../types.ts';
import { type Chance, type CorsPolicy, compileCorsPolicy } from './cors-policy.ts';
import type { FilterKind, FilterStatus, HttpFilter } from './filter.ts';

interface CorsStats {
  readonly valid: Counter;
  readonly invalid: Counter;
}

export const corsKind: FilterKind = {
  types: ['envoy.extensions.filters.http.cors.v3.Cors'],
  compile(_config, _path, environment) {
    const stats: CorsStats = {
      valid: environment.stats.counter('cors.origin_valid'),
      invalid: environment.stats.counter('cors.origin_invalid'),
    };
    const { runtime, random } = environment.deps;
    return (stream) => {
      if (stream.request.first('origin') === undefined) return undefined;
      const policies = policiesOf(stream);
      return policies.length === 0 ? undefined : new CorsFilter(policies, stats, runtime, random);
    };
  },
  routeTypes: ['envoy.extensions.filters.http.cors.v3.CorsPolicy'],
  compileRoute: (config, path, compilation) => compileCorsPolicy(config, path, compilation.problems),
};

/** From the most specific level on; the filter's own form wins over the older one in the route action. */
function policiesOf(stream: Stream): CorsPolicy[] {
  const configured = stream.perFilterConfigs('envoy.filters.http.cors') as CorsPolicy[];
  if (configured.length > 0) return configured;
  const route = stream.match?.route;
  const action = route?.action;
  const old = [action?.kind === 'forward' ? action.cors : undefined, route?.virtualHost.cors];
  return old.filter((policy) => policy !== undefined) as CorsPolicy[];
}

class CorsFilter implements HttpFilter {
  private readonly policies: readonly CorsPolicy[];
  private readonly stats: CorsStats;
  private readonly runtime: Runtime;
  private readonly random: Random;
  private origin: string | undefined;

  constructor(policies: readonly CorsPolicy[], stats: CorsStats, runtime: Runtime, random: Random) {
    this.policies = policies;
    this.stats = stats;
    this.runtime = runtime;
    this.random = random;
  }

  private happens(chance: Chance): boolean {
    const value =
      chance.key === '' ? chance.chance : this.runtime.number(chance.key, chance.chance * 100) / 100;
    return value >= 1 || (value > 0 && this.random.next() < value);
  }

  private pick<K extends keyof CorsPolicy>(field: K): CorsPolicy[K] | undefined {
    for (const policy of this.policies) {
      const value = policy[field];
      if (value !== undefined && value !== '') return value;
    }
    return undefined;
  }

  onRequestHeaders(stream: Stream): FilterStatus {
    const first = this.policies[0]!;
    const enabled = this.happens(first.enabled);
    if (!enabled && !this.happens(first.shadow)) return 'continue';
    const origin = stream.request.first('origin')!;
    const origins = this.policies.find((policy) => policy.origins.length > 0)?.origins ?? [];
    const allowed = origins.some((test) => test(origin));
    (allowed ? this.stats.valid : this.stats.invalid).inc();
    if (!enabled) return 'continue';
    const preflight =
      stream.request.method === 'OPTIONS' &&
      stream.request.first('access-control-request-method') !== undefined;
    if (preflight && (allowed || this.pick('forwardNotMatching') === false)) {
      this.answerPreflight(stream, allowed ? origin : undefined);
      return 'stop';
    }
    if (allowed) this.origin = origin;
    return 'continue';
  }

  private answerPreflight(stream: Stream, origin: string | undefined): void {
    const privateNetwork = stream.request.first('access-control-request-private-network') === 'true';
    stream.sendLocalReply(200, '', 'cors_response', (headers) => {
      if (origin !== undefined) headers.set('access-control-allow-origin', origin);
      if (this.pick('allowCredentials')) headers.set('access-control-allow-credentials', 'true');
      this.copy(headers, 'access-control-allow-methods', 'allowMethods');
      this.copy(headers, 'access-control-allow-headers', 'allowHeaders');
      this.copy(headers, 'access-control-expose-headers', 'exposeHeaders');
      this.copy(headers, 'access-control-max-age', 'maxAge');
      if (privateNetwork && this.pick('allowPrivateNetwork'))
        headers.set('access-control-allow-private-network', 'true');
    });
  }

  private copy(
    headers: ResponseHeaders,
    name: string,
    field: 'allowMethods' | 'allowHeaders' | 'exposeHeaders' | 'maxAge',
  ): void {
    const value = this.pick(field);
    if (value) headers.set(name, value);
  }

  onResponseHeaders(_stream: Stream, headers: ResponseHeaders): void {
    if (this.origin === undefined) return;
    headers.set('access-control-allow-origin', this.origin);
    if (this.pick('allowCredentials')) headers.set('access-control-allow-credentials', 'true');
    this.copy(headers, 'access-control-expose-headers', 'exposeHeaders');
  }
}
