/**
 * The semantics of the Kubernetes API as pure functions: decoding, defaults, validation, patches, server-side apply,
 * OpenAPI, custom resource schemas, selectors, names and quantities. The API server's engine calls them in this order:
 * decode → strategy (prepare) → defaults → admission → validate → track managed fields → store.
 *
 * `builtinKind(gvk)` and `compileCrd(crd).versions.get(v)` make the `KindSchema` that most functions take first.
 */

export { serverSideApply, trackManagedFields } from './apply/index.ts';
export { convertBuiltin } from './builtin/convert.ts';
export { builtinKind, builtinKinds } from './builtin/kind.ts';
export { prepareForCreate, prepareForUpdate } from './builtin/strategy.ts';
export { objectWarnings } from './builtin/warnings.ts';
export { printerCells } from './columns/index.ts';
export { compileCrd, defaultCrd, validateCrd } from './crd/index.ts';
export { decodeStrict } from './decode/index.ts';
export { badRequest, failureStatus, invalid } from './failure.ts';
export { openApiV2, openApiV2Proto, openApiV3 } from './openapi/index.ts';
export { applyPatch } from './patch/index.ts';
export { addQuantity, compareQuantity, formatQuantity, parseQuantity } from './quantity.ts';
export {
  fieldSelectorMatches,
  labelSelectorMatches,
  labelsMatch,
  parseFieldSelector,
  parseLabelSelector,
} from './selector/index.ts';
export * from './types.ts';
export {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isQualifiedName,
  validateObjectMeta,
} from './validation/index.ts';
