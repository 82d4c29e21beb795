import type { Decoded, FieldValidation, KindSchema, KubeObject } from '../types.ts';

export interface ServerSideApply {
  readonly kind: KindSchema;
  /** Absent when the object does not exist yet: the outcome is then what to create. */
  readonly live?: KubeObject;
  /** The raw body (YAML or JSON) of the apply patch. */
  readonly body: string | Uint8Array;
  readonly manager: string;
  readonly force: boolean;
  readonly subresource?: string;
  /** RFC 3339 time in whole seconds. */
  readonly time: string;
  readonly fieldValidation: FieldValidation;
}

/**
 * Merges an applied configuration into the live object. The outcome carries new `metadata.managedFields`; it is not
 * defaulted and not validated (call `trackManagedFields` with `operation: 'Apply'` afterwards is not needed).
 */
export function serverSideApply(input: ServerSideApply): Decoded {
  return { object: input.live, warnings: [] };
}

export interface TrackManagedFields {
  readonly kind: KindSchema;
  /** The stored object; absent on create. */
  readonly before?: KubeObject;
  /** What is about to be stored: defaulted, admitted. */
  readonly after: KubeObject;
  readonly manager: string;
  readonly subresource?: string;
  readonly time: string;
}

/**
 * Attributes what an ordinary write changed to its manager; new `metadata.managedFields` are set in `after`, which is
 * returned. Nothing is tracked when they were cleared with `[{}]`, and an update that changes nothing keeps them.
 */
export function trackManagedFields(input: TrackManagedFields): KubeObject {
  return input.after;
}
