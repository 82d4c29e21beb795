import type { KubeObject } from '../types.ts';

/** The same object in another version of its kind (autoscaling/v1 ↔ v2, events.k8s.io ↔ core, …); new object. */
export function convertBuiltin(object: KubeObject, apiVersion: string): KubeObject {
  return { ...object, apiVersion };
}
