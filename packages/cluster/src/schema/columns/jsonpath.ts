import { isObject } from '../decode/go.ts';

type Step = (values: readonly unknown[]) => unknown[];

/** Everything that a path such as `.status.conditions[?(@.type=="Ready")].status` finds; undefined when it is no path. */
export function findAll(path: string, root: unknown): unknown[] | undefined {
  const steps = parsePath(path);
  return steps?.reduce<unknown[]>((values, step) => step(values), [root]);
}

function parsePath(path: string): Step[] | undefined {
  const steps: Step[] = [];
  let rest = path
    .trim()
    .replace(/^\{(.*)\}$/s, '$1')
    .replace(/^\$/, '');
  while (rest !== '') {
    const parsed = parseStep(rest);
    if (parsed === undefined) return undefined;
    steps.push(parsed.step);
    rest = rest.slice(parsed.length);
  }
  return steps;
}

function parseStep(text: string): { step: Step; length: number } | undefined {
  const recursive = /^\.\.([^.[\]]+)/.exec(text);
  if (recursive !== null) return { step: descend(recursive[1]!), length: recursive[0].length };
  const wildcard = /^(\.\*|\.?\[\*\])/.exec(text);
  if (wildcard !== null) return { step: flat(valuesOf), length: wildcard[0].length };
  const field = /^\.((?:\\.|[^.[\]\\])+)/.exec(text);
  if (field !== null)
    return { step: flat(fieldOf(field[1]!.replace(/\\(.)/g, '$1'))), length: field[0].length };
  const quoted = /^\.?\[(['"])(.*?)\1\]/.exec(text);
  if (quoted !== null) return { step: flat(fieldOf(quoted[2]!)), length: quoted[0].length };
  const filter = /^\.?\[\?\((.*?)\)\]/.exec(text);
  if (filter !== null) return filterStep(filter[1]!, filter[0].length);
  const index = /^\.?\[(-?\d*)(:?)(-?\d*)\]/.exec(text);
  if (index !== null) return { step: flat(indexOf(index)), length: index[0].length };
  return text === '.' ? { step: (values) => [...values], length: 1 } : undefined;
}

function flat(step: (value: unknown) => unknown[]): Step {
  return (values) => values.flatMap(step);
}

function valuesOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function fieldOf(name: string): (value: unknown) => unknown[] {
  return (value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []);
}

function descend(name: string): Step {
  const walk = (value: unknown): unknown[] => [...fieldOf(name)(value), ...valuesOf(value).flatMap(walk)];
  return flat(walk);
}

function indexOf(match: readonly string[]): (value: unknown) => unknown[] {
  const [, from, colon, to] = match;
  return (value) => {
    if (!Array.isArray(value)) return [];
    if (colon === '') return value.slice(Number(from)).slice(0, 1);
    return value.slice(from === '' ? 0 : Number(from), to === '' ? undefined : Number(to));
  };
}

function filterStep(condition: string, length: number): { step: Step; length: number } | undefined {
  const match = /^\s*@(\S*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*$/.exec(condition);
  if (match === null) return undefined;
  const [, path, operator, literal] = match;
  const wanted = literal === undefined ? undefined : parseLiteral(literal);
  const keep = (item: unknown) => {
    const found = path === '' ? [item] : (findAll(path!, item) ?? []);
    return operator === undefined ? found.length > 0 : found.some((value) => holds(value, operator, wanted));
  };
  return { step: flat((value) => valuesOf(value).filter(keep)), length };
}

function parseLiteral(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted !== null) return quoted[2];
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function holds(value: any, operator: string, wanted: any): boolean {
  switch (operator) {
    case '==':
      return value === wanted;
    case '!=':
      return value !== wanted;
    case '<':
      return value < wanted;
    case '>':
      return value > wanted;
    case '<=':
      return value <= wanted;
    default:
      return value >= wanted;
  }
}
