import type { Listeners } from '../../listener/manager.ts';
import type { Clusters } from '../../upstream/manager.ts';
import type { Message } from '../problems.ts';
import type { RouteConfigs } from '../routes.ts';

/** What dynamic configuration is applied to. */
export interface DynamicTarget {
  readonly clusters: Clusters;
  readonly listeners: Listeners;
  readonly routes: RouteConfigs;
  readonly node: Message;
  readonly bootstrap: Message;
}
