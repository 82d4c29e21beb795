import type { ObjectMeta } from '@lateen/kube/types';

/** An Istio resource as users write it. */
export interface IstioObject<Spec> {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: Spec;
  status?: unknown;
}

/** A duration such as `1.5s`, `10ms` or `1h30m`. */
export type DurationText = string;

export interface StringMatch {
  exact?: string;
  prefix?: string;
  regex?: string;
}

export interface PortSelector {
  number?: number;
}

export interface Percent {
  value?: number;
}

export interface WorkloadSelector {
  labels?: Record<string, string>;
  matchLabels?: Record<string, string>;
}
