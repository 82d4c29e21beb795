import { createRequire } from 'node:module';

export type CelLibrary = typeof import('@bufbuild/cel');
export type CelFunction = import('@bufbuild/cel').CelFunc;

function once<T>(make: () => T): () => T {
  let value: { readonly made: T } | undefined;
  return () => {
    value ??= { made: make() };
    return value.made;
  };
}

const load = createRequire(import.meta.url);

/** The CEL evaluator. It is big, so it is loaded when the first rule is looked at. */
export const celLibrary: () => CelLibrary = once(() => load('@bufbuild/cel'));

/** CEL's string functions (substring, split, format, …). */
export const celStrings: () => readonly CelFunction[] = once(() => load('@bufbuild/cel/ext').strings);
