import { checkExpression } from './check.ts';
import { estimateCost } from './cost.ts';
import { durationNanos, kubernetesFunctions } from './functions.ts';
import { celLibrary, celStrings } from './library.ts';
import { syntaxError } from './syntax.ts';
import type { CelType } from './types.ts';
import type { WellKnown } from './values.ts';

/** What came of a rule: a value, or the evaluator's complaint in cel-go's words. */
export interface Evaluated {
  readonly value?: unknown;
  readonly error?: string;
}

export type Program = (variables: Record<string, unknown>) => Evaluated;

function once<T>(make: () => T): () => T {
  let value: { readonly made: T } | undefined;
  return () => {
    value ??= { made: make() };
    return value.made;
  };
}

const environment = once(() => {
  const cel = celLibrary();
  const { DYN, STRING } = cel.CelScalar;
  const { duration, timestamp } = wellKnownValues();
  const funcs = [
    ...celStrings(),
    ...kubernetesFunctions(cel),
    cel.celFunc('duration', [STRING], DYN, (text) => duration(durationNanos(text)) as any),
    cel.celFunc('timestamp', [STRING], DYN, (text) => {
      const value = timestamp(text);
      if (value === undefined)
        throw new Error("type conversion error from 'string' to 'google.protobuf.Timestamp'");
      return value as any;
    }),
  ];
  return cel.celEnv({ funcs, variables: { self: DYN, oldSelf: DYN } });
});

/** Times and durations in the shape of the evaluator. */
export const wellKnownValues: () => WellKnown = once(() => {
  const cel = celLibrary();
  const evaluate = (expression: string): unknown => {
    const result = cel.run(expression);
    return cel.isCelError(result) ? undefined : result;
  };
  return {
    duration: (nanos) => evaluate(`duration('${nanos}ns')`),
    timestamp: (text) => evaluate(`timestamp(${JSON.stringify(text)})`),
  };
});

interface Compiled {
  readonly program?: Program;
  readonly error?: string;
}

/** Rules of one definition say the same again and again; so many different ones are kept. */
const maxCached = 2000;

const compiled = once(() => new Map<string, Compiled>());

/** Parses and plans an expression; `error` when it does not parse. */
export function compileExpression(expression: string): Compiled {
  const cache = compiled();
  let outcome = cache.get(expression);
  if (outcome === undefined) {
    outcome = compile(expression);
    if (cache.size >= maxCached) cache.clear();
    cache.set(expression, outcome);
  }
  return outcome;
}

function compile(expression: string): Compiled {
  const cel = celLibrary();
  try {
    const run = cel.plan(environment(), cel.parse(expression)) as (variables: any) => unknown;
    return { program: (variables) => evaluate(run, variables) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

export interface Inspected {
  /** In cel-go's words, with the place. */
  readonly error?: string;
  /** The name of the type that it evaluates to. */
  readonly type?: string;
  /** The most that it can cost. */
  readonly cost: number;
}

/** Parses an expression and checks its types, with `self` and `oldSelf` of the given type. */
export function inspectExpression(expression: string, self: CelType): Inspected {
  const variables = new Map([
    ['self', self],
    ['oldSelf', self],
  ]);
  let parsed: any;
  try {
    parsed = celLibrary().parse(expression);
  } catch (error) {
    return { error: syntaxError(expression, (error as Error).message), cost: 0 };
  }
  const checked = checkExpression(parsed, expression, variables);
  if (checked.error !== undefined) return { error: checked.error, cost: 0 };
  return { type: checked.type.name, cost: estimateCost(parsed.expr, checked) };
}

function evaluate(run: (variables: any) => unknown, variables: Record<string, unknown>): Evaluated {
  const result = run(variables);
  return celLibrary().isCelError(result) ? { error: goWords((result as Error).message) } : { value: result };
}

/** The evaluator's message as cel-go words the same mistake. */
function goWords(message: string): string {
  const field = /^field not found: (.*)$/.exec(message);
  if (field !== null) return `no such key: ${field[1]}`;
  if (message.startsWith('found no matching overload') || message.startsWith('type mismatch'))
    return 'no such overload';
  const index = /^index (-?\d+) out of bounds/.exec(message);
  if (index !== null) return `index out of bounds: ${index[1]}`;
  if (message.endsWith('divide by zero')) return 'division by zero';
  return message.endsWith('modulus by zero') ? 'modulus by zero' : message;
}
