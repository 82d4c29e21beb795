import type { ConnectionPool } from '../../ir/destination.ts';
import { defined, type Json } from '../context.ts';

/** TCP keepalive towards endpoints, in whole seconds. */
export function keepalive(settings: ConnectionPool['keepalive']): Json | undefined {
  if (!settings) return undefined;
  const seconds = (value: number | undefined) => (value === undefined ? undefined : Math.floor(value / 1000));
  return {
    tcpKeepalive: defined({
      keepaliveProbes: settings.probes,
      keepaliveTime: seconds(settings.time),
      keepaliveInterval: seconds(settings.interval),
    }),
  };
}
