import type { Socket } from 'node:net';
import type { Clock } from '@lateen/kit';
import type { ListenerConfig, ListenerFilterConfig } from '../config/listener.ts';
import {
  httpInspector,
  type Inspection,
  type Inspector,
  proxyProtocolInspector,
  tlsInspector,
} from './inspectors.ts';
import type { ListenerStats } from './stats.ts';

/** Bytes that inspectors may ask for before the connection is let go as it is. */
const longestPeek = 65_536;

function inspectorOf(filter: ListenerFilterConfig): Inspector | undefined {
  if (filter.kind === 'tls_inspector') return tlsInspector;
  if (filter.kind === 'http_inspector') return httpInspector;
  return filter.kind === 'proxy_protocol' ? proxyProtocolInspector(filter.optional) : undefined;
}

/** Runs the listener filters that look at bytes; `done` gets the bytes that are left for the filter chain. */
export function inspect(
  socket: Socket,
  config: ListenerConfig,
  inspection: Inspection,
  stats: ListenerStats,
  clock: Clock,
  done: (initialData: Buffer | undefined) => void,
): void {
  const inspectors = config.listenerFilters.map(inspectorOf).filter((inspector) => inspector !== undefined);
  if (inspectors.length === 0) {
    done(undefined);
    return;
  }
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;
  const finish = () => {
    stop();
    socket.pause();
    done(bytes.length > 0 ? bytes : undefined);
  };
  const reject = () => {
    stop();
    socket.on('error', () => {});
    socket.destroy();
  };
  const step = (ended: boolean) => {
    while (at < inspectors.length) {
      const result = inspectors[at]!(bytes, inspection, ended || bytes.length >= longestPeek);
      if (result.kind === 'more') return;
      if (result.kind === 'reject') {
        stats.scope.counter(result.stat).inc();
        reject();
        return;
      }
      bytes = bytes.subarray(result.consumed);
      at++;
    }
    finish();
  };
  const onData = (chunk: Buffer) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    step(false);
  };
  const onEnd = () => {
    stats.scope.counter('downstream_listener_filter_remote_close').inc();
    reject();
  };
  const onTimeout = () => {
    stats.preTimeout.inc();
    if (config.continueOnTimeout) finish();
    else reject();
  };
  const cancel =
    config.listenerFiltersTimeout > 0 ? clock.after(config.listenerFiltersTimeout, onTimeout) : () => {};
  const stop = () => {
    cancel();
    stats.preActive.dec();
    socket.off('data', onData).off('end', onEnd).off('error', reject);
  };
  stats.preActive.inc();
  socket.on('data', onData).once('end', onEnd).once('error', reject);
}
