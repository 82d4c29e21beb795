/** The filter of `/stats` that gives what `busyStreams` reads. */
export const activityFilter = 'downstream_(cx|rq)_active$';

const own = /^(?:http|listener)\.(?:admin|prometheus|readiness|127\.0\.0\.1_|0\.0\.0\.0_150(?:21|90)\.)/;

/**
 * Requests under way and TCP connections, from the proxy's statistics. Idle HTTP connections do not count: their clients
 * open others.
 */
export function busyStreams(stats: string): number {
  const sums = { requests: 0, httpConnections: 0, connections: 0 };
  for (const line of stats.split('\n')) {
    const [name = '', value = ''] = line.split(': ');
    if (own.test(name) || name.includes('.worker_')) continue;
    const count = Number(value) || 0;
    if (name.startsWith('listener.')) sums.connections += count;
    else if (name.endsWith('rq_active')) sums.requests += count;
    else sums.httpConnections += count;
  }
  return sums.requests + Math.max(0, sums.connections - sums.httpConnections);
}
