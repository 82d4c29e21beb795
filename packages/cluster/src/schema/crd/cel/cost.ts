import type { Checked, Expr } from './check.ts';
import type { CelType } from './types.ts';

/** The least and the most of something that is only known when a rule runs. */
interface Range {
  readonly min: number;
  readonly max: number;
}

const ceiling = 2 ** 64;
const one: Range = { min: 1, max: 1 };
const nothing: Range = { min: 0, max: 0 };
const anything: Range = { min: 0, max: ceiling };

function add(...ranges: readonly Range[]): Range {
  const sum = (pick: (range: Range) => number) =>
    Math.min(
      ceiling,
      ranges.reduce((total, range) => total + pick(range), 0),
    );
  return { min: sum((range) => range.min), max: sum((range) => range.max) };
}

function times(a: Range, b: Range): Range {
  return { min: Math.min(ceiling, a.min * b.min), max: Math.min(ceiling, a.max * b.max) };
}

/** The cost of going through a text or list of that size. */
function through(size: Range, factor: number): Range {
  const cost = (value: number) => Math.min(ceiling, Math.ceil(value * factor));
  return { min: cost(size.min), max: cost(size.max) };
}

const perCharacter = 0.1;
const perPatternCharacter = 0.25;

/** The most that an expression can cost, as cel-go estimates it. */
export function estimateCost(expr: Expr, checked: Checked): number {
  return new Estimator(checked).cost(expr).max;
}

const compared = ['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'];
const traversing = ['url', 'isURL', 'ip', 'isIP', 'cidr', 'isCIDR', 'quantity', 'isQuantity', 'validate'];
const sameSize = ['lowerAscii', 'upperAscii', 'substring', 'trim', 'charAt', 'reverse'];
const overElements = ['isSorted', 'sum', 'min', 'max', 'indexOf', 'lastIndexOf'];

class Estimator {
  readonly #types: ReadonlyMap<bigint, CelType>;
  /** Sizes of what calls give. */
  readonly #sizes = new Map<bigint, Range>();

  constructor({ types }: Checked) {
    this.#types = types;
  }

  cost(expr: Expr): Range {
    const { case: kind, value } = expr.exprKind;
    switch (kind) {
      case 'identExpr':
        return one;
      case 'selectExpr':
        return this.#select(value);
      case 'callExpr':
        return this.#call(expr, value);
      case 'listExpr':
        return add({ min: 10, max: 10 }, ...value.elements.map((item: Expr) => this.cost(item)));
      case 'structExpr':
        return add(
          { min: 30, max: 30 },
          ...value.entries.flatMap((entry: any) => [this.cost(entry.keyKind.value), this.cost(entry.value)]),
        );
      case 'comprehensionExpr':
        return this.#comprehension(expr, value);
      default:
        return nothing;
    }
  }

  #select({ operand, testOnly }: any): Range {
    const inner = this.cost(operand);
    const name = this.#types.get(operand.id)?.name ?? '';
    return !testOnly && ['map', 'object'].includes(name) ? add(inner, one) : inner;
  }

  #call(expr: Expr, call: any): Range {
    const costs: Range[] = call.args.map((arg: Expr) => this.cost(arg));
    if (call.target === undefined) return this.#function(expr, call, costs);
    if (this.#isNamespace(call.target)) return add(...costs, this.#inNamespace(call));
    return add(this.cost(call.target), this.#function(expr, call, costs));
  }

  /** Of `ip.isCanonical(x)`: `ip` is no value. */
  #isNamespace(target: Expr): boolean {
    return target.exprKind.case === 'identExpr' && !this.#types.has(target.id);
  }

  #inNamespace({ target, args }: any): Range {
    if (args.length === 0) return one;
    const sizes: Range[] = args.map((arg: Expr) => this.#size(arg));
    return target.exprKind.value.name === 'sets' ? sizes.reduce(times) : through(sizes[0]!, perCharacter);
  }

  #function(expr: Expr, { function: name, target, args }: any, costs: readonly Range[]): Range {
    if (name === '_&&_' || name === '_||_') return { min: costs[0]!.min, max: add(...costs).max };
    if (name === '_?_:_') return this.#conditional(expr, args, costs);
    return add(...costs, this.#own(expr, name, target ?? args[0], target ? args : args.slice(1)));
  }

  #conditional(expr: Expr, args: readonly Expr[], costs: readonly Range[]): Range {
    const [condition, yes, no] = costs as [Range, Range, Range];
    this.#sizes.set(expr.id, union(this.#size(args[1]), this.#size(args[2])));
    return add(condition, union(yes, no));
  }

  /** What a function costs beside its arguments; `subject` is what it is called on, or its first argument. */
  #own(expr: Expr, name: string, subject: Expr, rest: readonly Expr[]): Range {
    const type = subject === undefined ? '' : (this.#types.get(subject.id)?.name ?? '');
    if (compared.includes(name)) return this.#comparison(subject, rest[0]);
    if (name === '_+_' && ['string', 'bytes', 'list'].includes(type)) {
      const size = add(this.#size(subject), this.#size(rest[0]));
      this.#sizes.set(expr.id, size);
      return type === 'list' ? one : through(size, perCharacter);
    }
    if (name === '@in') {
      return this.#types.get(rest[0].id)?.name === 'list' ? this.#size(rest[0]) : one;
    }
    if (name === 'startsWith' || name === 'endsWith') return through(this.#size(rest[0]), perCharacter);
    if (name === 'contains')
      return times(through(this.#size(subject), perCharacter), through(this.#size(rest[0]), perCharacter));
    if (['matches', 'find', 'findAll'].includes(name)) return this.#matching(expr, name, subject, rest[0]);
    return type === 'list'
      ? this.#onList(expr, name, subject, rest)
      : this.#onText(expr, name, subject, rest);
  }

  #comparison(left: Expr, right: Expr): Range {
    const max = Math.min(this.#size(left).max, this.#size(right).max);
    return through({ min: max > 0 ? 1 : 0, max }, perCharacter);
  }

  #matching(expr: Expr, name: string, subject: Expr, pattern: Expr): Range {
    const size = this.#size(subject);
    if (name !== 'matches') this.#sizes.set(expr.id, { min: 0, max: size.max });
    const text = through(add(size, one), perCharacter);
    return times(text, through(this.#size(pattern), perPatternCharacter));
  }

  #onText(expr: Expr, name: string, subject: Expr, rest: readonly Expr[]): Range {
    if (subject === undefined) return one;
    const size = this.#size(subject);
    if (traversing.includes(name)) return through(size, perCharacter);
    if (sameSize.includes(name)) {
      this.#sizes.set(expr.id, { min: 0, max: size.max });
      return through(size, perCharacter);
    }
    if (name === 'split') {
      this.#sizes.set(expr.id, { min: 0, max: size.max });
      return through(size, perCharacter);
    }
    if (name === 'replace') {
      const longer = Math.max(1, this.#size(rest[1]).max);
      this.#sizes.set(expr.id, { min: 0, max: Math.min(ceiling, (size.max + 1) * longer) });
      return through(size, 2 * perCharacter);
    }
    if (name === 'indexOf' || name === 'lastIndexOf')
      return through(times(size, this.#size(rest[0])), perCharacter);
    return one;
  }

  #onList(expr: Expr, name: string, subject: Expr, rest: readonly Expr[]): Range {
    const size = this.#size(subject);
    if (overElements.includes(name)) return times(size, this.#elementCost(subject));
    if (name !== 'join') return one;
    const element = this.#elementSize(subject);
    const separator = rest[0] === undefined ? nothing : this.#size(rest[0]);
    const joined = times(size, add(element, separator));
    this.#sizes.set(expr.id, { min: 0, max: joined.max });
    return add(through(joined, perCharacter), through(size, perCharacter));
  }

  #elementSize(list: Expr): Range {
    const most = this.#types.get(list.id)?.args[0]?.most ?? ceiling;
    return { min: 0, max: Math.min(ceiling, most) };
  }

  #elementCost(list: Expr): Range {
    const name = this.#types.get(list.id)?.args[0]?.name ?? '';
    return isScalar(name) ? one : through(this.#elementSize(list), perCharacter);
  }

  #comprehension(expr: Expr, loop: any): Range {
    const start = add(this.cost(loop.iterRange), this.cost(loop.accuInit));
    const each = add(this.cost(loop.loopCondition), this.cost(loop.loopStep));
    const count = this.#size(loop.iterRange);
    if (loop.accuInit.exprKind.case === 'listExpr') this.#sizes.set(expr.id, { min: 0, max: count.max });
    return add(start, this.cost(loop.result), times(count, each));
  }

  #size(expr: Expr): Range {
    const known = this.#sizes.get(expr.id) ?? literalSize(expr);
    if (known !== undefined) return known;
    const type = this.#types.get(expr.id);
    if (type === undefined) return anything;
    if (isScalar(type.name)) return one;
    return Number.isFinite(type.most) ? { min: 0, max: type.most } : anything;
  }
}

function union(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

function isScalar(name: string): boolean {
  return ['bool', 'double', 'duration', 'int', 'null', 'timestamp', 'uint', 'type'].includes(name);
}

function literalSize({ exprKind: { case: kind, value } }: Expr): Range | undefined {
  if (kind === 'listExpr') return exactly(value.elements.length);
  if (kind === 'structExpr') return exactly(value.entries.length);
  if (kind !== 'constExpr') return undefined;
  const literal = value.constantKind.value;
  return exactly(typeof literal === 'string' || literal instanceof Uint8Array ? literal.length : 1);
}

function exactly(size: number): Range {
  return { min: size, max: size };
}
