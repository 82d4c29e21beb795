import type { OutlierDetection } from '../../ir/destination.ts';
import { defined, duration, type Json } from '../context.ts';

/** Only what was asked for ejects endpoints: Envoy's own success-rate ejection is off. */
export function outlierFields(outliers: OutlierDetection | undefined): Json | undefined {
  if (!outliers) return undefined;
  const enforce = (value: number | undefined) => (value === undefined ? undefined : value > 0 ? 100 : 0);
  return defined({
    ...(outliers.interval === undefined ? {} : { interval: duration(outliers.interval) }),
    ...(outliers.baseEjectionTime === undefined
      ? {}
      : { baseEjectionTime: duration(outliers.baseEjectionTime) }),
    consecutive5xx: outliers.consecutive5xx,
    enforcingConsecutive5xx: enforce(outliers.consecutive5xx),
    consecutiveGatewayFailure: outliers.consecutiveGatewayErrors,
    enforcingConsecutiveGatewayFailure: enforce(outliers.consecutiveGatewayErrors),
    enforcingSuccessRate: 0,
    maxEjectionPercent: outliers.maxEjectionPercent,
    ...(outliers.splitLocalErrors ? localErrors(outliers) : {}),
  });
}

function localErrors(outliers: OutlierDetection): Json {
  const failures = outliers.consecutiveLocalFailures;
  return defined({
    splitExternalLocalOriginErrors: true,
    enforcingLocalOriginSuccessRate: 0,
    consecutiveLocalOriginFailure: failures,
    enforcingConsecutiveLocalOriginFailure: failures === undefined ? undefined : failures > 0 ? 100 : 0,
  });
}
