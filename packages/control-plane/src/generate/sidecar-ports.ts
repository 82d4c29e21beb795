const ports = new Set([15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090]);

/** Whether a port belongs to the sidecar itself, so that no real socket for the workload may stand on it. */
export function isSidecarPort(port: number): boolean {
  return ports.has(port);
}
