import type { DestinationPolicy, Subset } from '../../ir/destination.ts';
import type { Endpoint, Service, ServicePort } from '../../ir/service.ts';
import { includesLabels } from '../../scope/visibility.ts';
import type { Generating } from '../context.ts';

/** One port of a service, as a whole or cut down to a subset. */
export interface Target {
  readonly service: Service;
  readonly port: ServicePort;
  readonly subset?: Subset;
  readonly rules?: DestinationPolicy;
}

/** The target's endpoints, healthy or not. */
export function endpointsOf(context: Generating, { service, port, subset }: Target): Endpoint[] {
  return context.scope
    .endpointsOf(service.host)
    .filter((endpoint) => endpoint.portName === port.name && includesLabels(endpoint.labels, subset?.labels));
}
