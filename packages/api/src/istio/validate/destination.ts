import type { Destination, RouteDestination } from '../virtual-service.ts';
import type { Check } from './check.ts';
import { isDnsLabel, wildcardFault } from './names.ts';

export function checkDestination(
  check: Check,
  destination: Destination | null | undefined,
  path: string,
): void {
  if (!destination) {
    check.error(path, 'is required', 'Required');
    return;
  }
  const { host = '', subset, port } = destination;
  if (host === '*') check.error(`${path}.host`, 'must name one host, not "*"');
  const fault = wildcardFault(host);
  if (fault) check.error(`${path}.host`, fault);
  if (subset && !isSubsetName(subset)) check.error(`${path}.subset`, `"${subset}" is no subset name`);
  if (port !== undefined && port !== null) check.port(port.number, `${path}.port.number`);
}

export function isSubsetName(name: string): boolean {
  return isDnsLabel(name);
}

/** Weighted destinations: weights are not negative and not all zero. */
export function checkWeighted(
  check: Check,
  routes: readonly (RouteDestination | null)[] | null | undefined,
  path: string,
): void {
  const list = routes ?? [];
  check.each(list, path, (route, at) => {
    if (!route) {
      check.error(at, 'must not be null');
      return;
    }
    checkDestination(check, route.destination, `${at}.destination`);
    check.notNegative(route.weight, `${at}.weight`);
  });
  const total = list.reduce((sum, route) => sum + (route?.weight ?? 0), 0);
  if (list.length > 1 && total === 0) check.error(path, 'weights of several destinations must not all be 0');
}
