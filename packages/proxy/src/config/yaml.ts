/** Loaded only for files that are not JSON. Named here, since a bundle of the CommonJS package has no named exports. */
export { parse } from 'yaml';
