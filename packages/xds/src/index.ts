export * from './codec.ts';
export * from './type-urls.ts';
export type { AnyJson, AnyMessage, Typed } from './types.ts';
