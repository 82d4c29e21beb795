import type { Clock, Log } from '@lateen/kit';
import type { Message } from '../config/problems.ts';
import type { RouteConfigs } from '../config/routes.ts';
import type { LayeredRuntime } from '../config/runtime.ts';
import type { Listeners } from '../listener/manager.ts';
import type { StatsStore } from '../telemetry/store.ts';
import type { CustomTag } from '../telemetry/tags.ts';
import type { Clusters } from '../upstream/manager.ts';

/** What the administration interface shows and changes. */
export interface AdminTarget {
  readonly bootstrap: Message;
  readonly node: Message;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: StatsStore;
  readonly runtime: LayeredRuntime;
  readonly clusters: Clusters;
  readonly listeners: Listeners;
  readonly routes: RouteConfigs;
  readonly state: string;
  readonly startedAt: number;
  readonly staticUpdatedAt: number;
  readonly tags: readonly CustomTag[];
  /** As `/server_info` prints it. */
  readonly commandLine: Readonly<Record<string, unknown>>;
  readonly version: string;
  readonly hotRestartVersion: string;
  updateServerStats(): void;
  failHealthCheck(fail: boolean): void;
  reopenLogs(): void;
  quit(): void;
}
