/** Between bytes, canonical JSON and what a user writes. */
export { decode, decodeAs, WireError } from './decode.ts';
export { EncodeError, encode, encodeAs } from './encode.ts';
export { parse, validate } from './parse.ts';
