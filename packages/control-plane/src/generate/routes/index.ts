import type { Generating, Json } from '../context.ts';
import { gatewayRoutes } from './gateway.ts';
import { sidecarRoutes } from './sidecar.ts';

/** The named route configurations; names that this proxy does not have are left out. */
export function generateRoutes(
  context: Generating,
  names: readonly string[],
): (Json & { '@type': string })[] {
  const generate = context.scope.node.type === 'router' ? gatewayRoutes : sidecarRoutes;
  return names.map((name) => generate(context, name)).filter((made) => made !== undefined);
}
