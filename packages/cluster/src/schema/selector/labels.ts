import { show } from '../errors.ts';
import { byteOrder } from '../gotext.ts';
import { isLabelValue, isQualifiedName } from '../validation/names.ts';

export interface Requirement {
  readonly key: string;
  readonly operator: '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';
  readonly values: readonly string[];
}

type Token = { readonly kind: 'id' | 'end' | 'error' | 'symbol'; readonly text: string };

class SelectorError extends Error {}

const symbols = ['==', '!=', '=', '!', '(', ')', ',', '>', '<'];

function scan(text: string): Token[] {
  const tokens: Token[] = [];
  let rest = text;
  for (;;) {
    rest = rest.replace(/^[ \t\r\n]+/, '');
    if (rest === '') return [...tokens, { kind: 'end', text: '' }];
    const symbol = symbols.find((candidate) => rest.startsWith(candidate));
    const token = symbol ?? /^[^=!(),><\s]+/.exec(rest)![0];
    tokens.push({ kind: symbol === undefined ? 'id' : 'symbol', text: token });
    rest = rest.slice(token.length);
  }
}

/** `a=b,c in (d, e),!f`; `error` has Kubernetes' text. */
export function parseLabelSelector(text: string): { requirements: Requirement[]; error?: string } {
  try {
    const requirements = new Parser(scan(text)).selector();
    return { requirements: requirements.toSorted((a, b) => byteOrder(a.key, b.key)) };
  } catch (error) {
    if (error instanceof SelectorError) return { requirements: [], error: error.message };
    throw error;
  }
}

class Parser {
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  private peek(): Token {
    return this.tokens[Math.min(this.position, this.tokens.length - 1)]!;
  }

  private take(): Token {
    const token = this.peek();
    this.position += 1;
    return token;
  }

  selector(): Requirement[] {
    const out: Requirement[] = [];
    for (;;) {
      const token = this.peek();
      if (token.kind === 'end') return out;
      if (!startsRequirement(token)) throw found(token, "!, identifier, or 'end of string'");
      out.push(this.requirementOrError());
      const next = this.take();
      if (next.kind === 'end') return out;
      if (next.text !== ',') throw found(next, "',' or 'end of string'");
      if (!startsRequirement(this.peek())) throw found(this.peek(), "identifier after ','");
    }
  }

  private requirementOrError(): Requirement {
    try {
      return this.requirement();
    } catch (error) {
      if (error instanceof SelectorError)
        throw new SelectorError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  private requirement(): Requirement {
    let token = this.take();
    const negated = token.text === '!' && token.kind === 'symbol';
    if (negated) token = this.take();
    if (token.kind !== 'id') throw found(token, 'identifier');
    const key = token.text;
    const complaints = isQualifiedName(key);
    if (complaints.length > 0)
      throw new SelectorError(`<nil>: Invalid value: ${show(key)}: ${complaints.join('; ')}`);
    const next = this.peek();
    if (next.kind === 'end' || next.text === ',')
      return { key, operator: negated ? '!' : 'exists', values: [] };
    if (negated) return { key, operator: '!', values: [] };
    return this.comparison(key);
  }

  private comparison(key: string): Requirement {
    const token = this.take();
    const operators = ['in', 'notin', '=', '==', '!=', '>', '<'];
    if (!operators.includes(token.text)) throw found(token, 'in, notin, =, ==, !=, gt, lt');
    const operator = token.text as Requirement['operator'];
    const values = operator === 'in' || operator === 'notin' ? this.values() : [this.exactValue()];
    checkValues(key, operator, values);
    return { key, operator, values };
  }

  private exactValue(): string {
    const token = this.peek();
    if (token.kind === 'end' || token.text === ',') return '';
    if (this.take().kind === 'id') return token.text;
    throw found(token, 'identifier');
  }

  private values(): string[] {
    const open = this.take();
    if (open.text !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    const values = new Set<string>();
    for (let expectValue = true; ; ) {
      const token = this.take();
      if (token.text === ')' && token.kind === 'symbol') {
        if (expectValue) values.add('');
        return [...values].toSorted(byteOrder);
      }
      if (token.text === ',' && token.kind === 'symbol') {
        if (expectValue) values.add('');
        expectValue = true;
      } else if (token.kind === 'id' && expectValue) {
        values.add(token.text);
        expectValue = false;
      } else throw found(token, token.kind === 'id' || !expectValue ? "',' or ')'" : "',', or identifier");
    }
  }
}

function startsRequirement(token: Token): boolean {
  return token.kind === 'id' || token.text === '!';
}

function found(token: Token, expected: string): SelectorError {
  return new SelectorError(`found '${token.text}', expected: ${expected}`);
}

function checkValues(key: string, operator: string, values: readonly string[]): void {
  values.forEach((value, index) => {
    if ((operator === '>' || operator === '<') && !/^[-+]?\d+$/.test(value)) {
      const text = "for 'Gt', 'Lt' operators, the value must be an integer";
      throw new SelectorError(`values[${index}]: Invalid value: ${show(value)}: ${text}`);
    }
    const complaints = isLabelValue(value);
    if (complaints.length > 0) {
      throw new SelectorError(
        `values[${index}][${key}]: Invalid value: ${show(value)}: ${complaints.join('; ')}`,
      );
    }
  });
}

type Labels = Readonly<Record<string, string>> | undefined;

export function labelsMatch(requirements: readonly Requirement[], labels: Labels): boolean {
  return requirements.every((requirement) => requirementMatches(requirement, labels ?? {}));
}

function requirementMatches(
  { key, operator, values }: Requirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '!':
      return value === undefined;
    case 'exists':
      return value !== undefined;
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case '>':
    case '<':
      if (value === undefined || !/^[-+]?\d+$/.test(value)) return false;
      return operator === '>' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0]);
    default:
      return value !== undefined && values.includes(value);
  }
}

const operators: Readonly<Record<string, Requirement['operator']>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** A LabelSelector object; an empty one matches everything, an absent one nothing. */
export function labelSelectorMatches(selector: any, labels: Labels): boolean {
  if (selector === undefined || selector === null) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels?.[key] !== value) return false;
  }
  const expressions: any[] = selector.matchExpressions ?? [];
  return expressions.every(({ key, operator, values }) => {
    const known = operators[operator];
    return (
      known !== undefined && requirementMatches({ key, operator: known, values: values ?? [] }, labels ?? {})
    );
  });
}
