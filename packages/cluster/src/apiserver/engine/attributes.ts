import type { KubeObject } from '@lateen/kube/types';
import type { KindSchema } from '../../schema/index.ts';
import type { Core } from '../core.ts';
import type { User } from '../request.ts';
import type { ServedVersion } from '../resource.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** One write, as admission sees it. */
export interface Attributes {
  readonly core: Core;
  readonly operation: Operation;
  readonly served: ServedVersion;
  readonly kind: KindSchema;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: User;
  readonly dryRun: boolean;
  /** What is to be written; admission may replace it. Undefined for DELETE. */
  object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  /** The options of the request, as in an AdmissionReview. */
  readonly options: Record<string, unknown>;
  /** Texts for Warning headers. */
  readonly warnings: string[];
}
