import type { Retries } from '../../ir/route.ts';
import { defined, duration, type Json, typed } from '../context.ts';

const defaultRetryOn = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes';

/** What is retried when nothing was said. */
export const standardRetries: Retries = { attempts: 2, otherLocalities: false, ignorePreviousHosts: true };

const otherHosts: Json[] = [
  {
    name: 'envoy.retry_host_predicates.previous_hosts',
    typedConfig: typed('envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate'),
  },
];

const otherPriorities: Json = {
  name: 'envoy.retry_priorities.previous_priorities',
  typedConfig: typed('envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig', {
    updateFrequency: 2,
  }),
};

/** Envoy's retry policy; undefined for no retries. */
export function retryPolicy(retries: Retries): Json | undefined {
  if (retries.attempts <= 0) return undefined;
  const { conditions, codes } = splitConditions(retries.retryOn);
  const elsewhere = retries.ignorePreviousHosts;
  return defined({
    hostSelectionRetryMaxAttempts: elsewhere ? '5' : undefined,
    numRetries: retries.attempts,
    perTryTimeout: retries.perTryTimeout === undefined ? undefined : duration(retries.perTryTimeout),
    retriableStatusCodes: codes.length > 0 ? codes : undefined,
    retryBackOff: retries.backoff === undefined ? undefined : { baseInterval: duration(retries.backoff) },
    retryHostPredicate: elsewhere ? otherHosts : undefined,
    retryOn: conditions,
    retryPriority: retries.otherLocalities ? otherPriorities : undefined,
  });
}

/** Numbers among the conditions are status codes. */
function splitConditions(retryOn: string | undefined): { conditions: string; codes: number[] } {
  if (!retryOn) return { conditions: defaultRetryOn, codes: [] };
  const conditions: string[] = [];
  const codes: number[] = [];
  for (const part of retryOn
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)) {
    if (/^\d{3}$/.test(part)) codes.push(Number(part));
    else conditions.push(part);
  }
  if (codes.length > 0 && !conditions.includes('retriable-status-codes'))
    conditions.push('retriable-status-codes');
  return { conditions: conditions.join(','), codes };
}
