/** A container of the application, and what its probes were before the agent took them over. */
export interface RewrittenProbes {
  readonly container: Record<string, any>;
  /** By the agent's path. */
  readonly originals: Readonly<Record<string, object>>;
}

const kinds = { readinessProbe: 'readyz', livenessProbe: 'livez', startupProbe: 'startupz' } as const;

function portNumber(
  port: number | string | undefined,
  container: Record<string, any>,
): number | string | undefined {
  if (typeof port !== 'string') return port;
  if (/^\d+$/.test(port)) return Number(port);
  return container.ports?.find((declared: any) => declared.name === port)?.containerPort ?? port;
}

/** What the agent is to ask in the kubelet's place; `undefined` when the probe asks nothing over the network. */
function originalOf(
  probe: Record<string, any>,
  container: Record<string, any>,
): Record<string, any> | undefined {
  const timeout = probe.timeoutSeconds === undefined ? {} : { timeoutSeconds: probe.timeoutSeconds };
  if (probe.httpGet)
    return { httpGet: { ...probe.httpGet, port: portNumber(probe.httpGet.port, container) }, ...timeout };
  if (probe.tcpSocket)
    return {
      tcpSocket: { ...probe.tcpSocket, port: portNumber(probe.tcpSocket.port, container) },
      ...timeout,
    };
  return probe.grpc ? { grpc: probe.grpc, ...timeout } : undefined;
}

function viaAgent(probe: Record<string, any>, path: string, statusPort: number): Record<string, any> {
  const { httpGet: _http, tcpSocket: _tcp, grpc: _grpc, ...rest } = probe;
  return { ...rest, httpGet: { path, port: statusPort } };
}

/** Probes over the network ask the agent, which asks the application: the sidecar's policies do not stand in their way. */
export function rewriteProbes(container: Record<string, any>, statusPort: number): RewrittenProbes {
  const originals: Record<string, object> = {};
  let changed = container;
  for (const [kind, word] of Object.entries(kinds)) {
    const probe = container[kind];
    const original = probe && originalOf(probe, container);
    if (!original || original.httpGet?.port === statusPort) continue;
    const path = `/app-health/${container.name}/${word}`;
    originals[path] = original;
    changed = { ...changed, [kind]: viaAgent(probe, path, statusPort) };
  }
  return { container: changed, originals };
}

/** The environment variable's text: paths and fields in order. */
export function formatProbes(originals: Readonly<Record<string, object>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(originals).sort(([a], [b]) => (a < b ? -1 : 1))));
}
