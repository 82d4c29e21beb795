import { RE2JS } from 're2js';
import type { Signature } from './signatures.ts';
import { signaturesOf } from './signatures.ts';
import { SourceText } from './source-text.ts';
import { assignable, type CelType, celType, dyn, printType, substitute } from './types.ts';

/** An expression as the parser gives it. */
export type Expr = any;

export interface Checked {
  /** What the whole expression evaluates to. */
  readonly type: CelType;
  readonly types: ReadonlyMap<bigint, CelType>;
  /** In cel-go's words, with the place; undefined when it may run. */
  readonly error: string | undefined;
}

type Scope = ReadonlyMap<string, CelType>;

const typeNames = ['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type'];

/** Checks the types of a parsed expression as cel-go does before it runs one. */
export function checkExpression(parsed: any, text: string, variables: Scope): Checked {
  const checker = new Checker(new SourceText(text, parsed.sourceInfo.positions));
  const type = checker.check(parsed.expr, variables);
  return { type, types: checker.types, error: checker.source.report() };
}

class Checker {
  readonly types = new Map<bigint, CelType>();
  readonly source: SourceText;

  constructor(source: SourceText) {
    this.source = source;
  }

  check(expr: Expr, scope: Scope): CelType {
    const type = this.#typeOf(expr, scope);
    this.types.set(expr.id, type);
    return type;
  }

  #typeOf(expr: Expr, scope: Scope): CelType {
    const { case: kind, value } = expr.exprKind;
    switch (kind) {
      case 'constExpr':
        return constant(value.constantKind.case);
      case 'identExpr':
        return this.#ident(expr, value.name, scope);
      case 'selectExpr':
        return this.#select(expr, value, scope);
      case 'callExpr':
        return this.#call(expr, value, scope);
      case 'listExpr':
        return celType('list', [this.#same(value.elements, scope)]);
      case 'structExpr':
        return this.#struct(value.entries, scope);
      case 'comprehensionExpr':
        return this.#comprehension(value, scope);
      default:
        return dyn;
    }
  }

  #ident(expr: Expr, name: string, scope: Scope): CelType {
    const known = scope.get(name);
    if (known !== undefined) return known;
    if (typeNames.includes(name)) return celType('type', [dyn]);
    this.source.complain(expr, `undeclared reference to '${name}' (in container '')`);
    return dyn;
  }

  #select(expr: Expr, { operand, field, testOnly }: any, scope: Scope): CelType {
    const target = this.check(operand, scope);
    const found = this.#field(expr, target, field);
    return testOnly ? celType('bool') : found;
  }

  #field(expr: Expr, target: CelType, field: string): CelType {
    if (target.name === 'dyn') return dyn;
    if (target.name === 'map') return target.args[1]!;
    if (target.name !== 'object') {
      this.source.complain(expr, `type '${printType(target)}' does not support field selection`);
      return dyn;
    }
    const type = target.fields!.get(field);
    if (type === undefined) this.source.complain(expr, `undefined field '${field}'`);
    return type ?? dyn;
  }

  /** The type that all of these have. */
  #same(expressions: readonly Expr[], scope: Scope): CelType {
    let joined: CelType | undefined;
    for (const expression of expressions) {
      const type = this.check(expression, scope);
      if (joined === undefined || joined.name === 'dyn') joined = type;
      else if (!assignable(type, joined, new Map())) this.#mismatch(expression, joined, type);
    }
    return joined ?? dyn;
  }

  #mismatch(expr: Expr, wanted: CelType, given: CelType): void {
    this.source.complain(expr, `expected type '${printType(wanted)}' but found '${printType(given)}'`);
  }

  #struct(entries: readonly any[], scope: Scope): CelType {
    const keys = this.#same(
      entries.map((entry) => entry.keyKind.value),
      scope,
    );
    const values = this.#same(
      entries.map((entry) => entry.value),
      scope,
    );
    return celType('map', [keys, values]);
  }

  #call(expr: Expr, call: any, scope: Scope): CelType {
    const args: CelType[] = call.args.map((arg: Expr) => this.check(arg, scope));
    if (call.target === undefined) return this.#overload(expr, call, call.function, args, undefined);
    const space = call.target.exprKind.case === 'identExpr' ? call.target.exprKind.value.name : undefined;
    if (space !== undefined && !scope.has(space)) {
      const name = `${space}.${call.function}`;
      if (signaturesOf(name) !== undefined) return this.#overload(expr, call, name, args, undefined);
    }
    const target = this.check(call.target, scope);
    return this.#overload(expr, call, call.function, args, target);
  }

  #overload(
    expr: Expr,
    call: any,
    name: string,
    args: readonly CelType[],
    target: CelType | undefined,
  ): CelType {
    if (name === '_&&_' || name === '_||_') return this.#logical(call, args);
    const known = name === '_in_' ? '@in' : name;
    const signatures = signaturesOf(known);
    if (signatures === undefined) {
      this.source.complain(expr, `undeclared reference to '${known}' (in container '')`);
      return dyn;
    }
    const results = signatures.flatMap((signature) => resolve(signature, target, args) ?? []);
    if (results.length === 0) {
      const given = `(${args.map(printType).join(', ')})`;
      const applied = target === undefined ? given : `${printType(target)}.${given}`;
      this.source.complain(expr, `found no matching overload for '${known}' applied to '${applied}'`);
      return dyn;
    }
    if (known === 'matches') this.#pattern(call.args.at(-1));
    const [first] = results;
    return results.every((result) => printType(result) === printType(first!)) ? first! : dyn;
  }

  #logical(call: any, args: readonly CelType[]): CelType {
    const bool = celType('bool');
    args.forEach((arg, index) => {
      if (!assignable(arg, bool, new Map())) this.#mismatch(call.args[index], bool, arg);
    });
    return bool;
  }

  #pattern(expr: Expr): void {
    const { case: kind, value } = expr.exprKind;
    if (kind !== 'constExpr' || value.constantKind.case !== 'stringValue') return;
    try {
      RE2JS.compile(value.constantKind.value);
    } catch {
      this.source.complain(expr, 'invalid matches argument');
    }
  }

  #comprehension(loop: any, scope: Scope): CelType {
    const accumulated = this.check(loop.accuInit, scope);
    const range = this.check(loop.iterRange, scope);
    const element = ['list', 'map', 'dyn'].includes(range.name) ? (range.args[0] ?? dyn) : dyn;
    if (element === dyn && !['list', 'map', 'dyn'].includes(range.name)) {
      const text = `expression of type '${printType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
      this.source.complain(loop.iterRange, text);
    }
    const inner = new Map(scope).set(loop.accuVar, accumulated).set(loop.iterVar, element);
    if (loop.iterVar2) inner.set(loop.iterVar2, range.args[1] ?? range.args[0] ?? dyn);
    this.check(loop.loopCondition, inner);
    const step = this.check(loop.loopStep, inner);
    const outcome = accumulated.args[0]?.name === 'dyn' ? step : accumulated;
    return this.check(loop.result, new Map(inner).set(loop.accuVar, outcome));
  }
}

const constants: Readonly<Record<string, string>> = {
  boolValue: 'bool',
  int64Value: 'int',
  uint64Value: 'uint',
  doubleValue: 'double',
  stringValue: 'string',
  bytesValue: 'bytes',
  nullValue: 'null',
};

function constant(kind: string): CelType {
  return celType(constants[kind] ?? 'dyn');
}

function resolve(
  signature: Signature,
  target: CelType | undefined,
  args: readonly CelType[],
): CelType | undefined {
  const { target: wanted, args: parameters, result } = signature;
  if ((wanted === undefined) !== (target === undefined) || parameters.length !== args.length)
    return undefined;
  const bound = new Map<string, CelType>();
  if (wanted !== undefined && !assignable(target!, wanted, bound)) return undefined;
  if (!args.every((arg, index) => assignable(arg, parameters[index]!, bound))) return undefined;
  return substitute(result, bound);
}
