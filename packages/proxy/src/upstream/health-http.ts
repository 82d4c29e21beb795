import { stringTest } from '../telemetry/access-log/header-filter.ts';
import type { Probe, ProbeResult } from './health-check.ts';

type Message = Readonly<Record<string, any>>;

/** One GET a check; the status decides. */
export function httpProbe(check: Message, clusterName: string): Probe {
  const ranges = (check.expectedStatuses ?? [{ start: '200', end: '201' }]).map((range: Message) => [
    Number(range.start ?? 0),
    Number(range.end ?? 0),
  ]);
  const added: string[] = (check.requestHeadersToAdd ?? []).map(
    ({ header }: Message) => `${String(header.key).toLowerCase()}: ${header.value ?? ''}\r\n`,
  );
  const removed = new Set<string>(
    (check.requestHeadersToRemove ?? []).map((name: string) => name.toLowerCase()),
  );
  const belongs = check.serviceNameMatcher ? stringTest(check.serviceNameMatcher, '', []) : () => true;
  return (socket, host, done) => {
    const authority = host.healthCheckHost || check.host || clusterName;
    const lines = [
      ['host', authority],
      ['user-agent', 'Envoy/HC'],
      ['x-envoy-upstream-health-checked-cluster', ''],
    ]
      .filter(([name]) => name === 'host' || (name === 'user-agent' && !removed.has(name)))
      .map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `${check.method ?? 'GET'} ${check.path} HTTP/1.1\r\n${lines.join('')}${added.join('')}\r\n`,
      'latin1',
    );
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end >= 0) done(judge(text.slice(0, end), ranges, belongs));
      else if (text.length > 65_536) done('failure');
    });
    socket.on('end', () => done('network-failure'));
    return () => socket.removeAllListeners('data');
  };
}

function judge(
  head: string,
  ranges: readonly (readonly [number, number])[],
  belongs: (cluster: string) => boolean,
): ProbeResult {
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  const expected = ranges.some(([start, end]) => status >= start && status < end);
  if (!expected) return 'failure';
  const cluster = /\r\nx-envoy-upstream-healthchecked-cluster: *([^\r\n]*)/i.exec(head)?.[1] ?? '';
  if (!belongs(cluster.trim())) return 'failure';
  return /\r\nx-envoy-degraded:/i.test(head) ? 'degraded' : 'success';
}
