import type { KubeObject } from './types.ts';

export type Labels = Readonly<Record<string, string>>;

/** A LabelSelector as it stands in a Deployment or a policy. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: ReadonlyArray<{ key: string; operator: string; values?: readonly string[] }>;
}

/** One comma-separated part of a selector in a URL. */
export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';
  readonly values: readonly string[];
}

/** Whether the selector picks these labels; an empty selector picks everything, an absent one nothing. */
export function matchesSelector(
  selector: LabelSelector | null | undefined,
  labels: Labels | undefined,
): boolean {
  if (!selector) return false;
  return selectorRequirements(selector).every((requirement) => meets(requirement, labels ?? {}));
}

/** Whether `labels` has every entry of `wanted`, as a Service's selector asks. */
export function hasLabels(labels: Labels | undefined, wanted: Labels): boolean {
  for (const key in wanted) if (labels?.[key] !== wanted[key]) return false;
  return true;
}

export function selectorRequirements(selector: LabelSelector): Requirement[] {
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push({ key, operator: 'in', values: [value] });
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    requirements.push({ key, operator: expressionOperator(operator), values: values ?? [] });
  }
  return requirements;
}

function expressionOperator(name: string): Requirement['operator'] {
  const known: Record<string, Requirement['operator']> = {
    In: 'in',
    NotIn: 'notin',
    Exists: 'exists',
    DoesNotExist: '!',
  };
  const operator = known[name];
  if (!operator) throw new Error(`"${name}" is not a valid label selector operator`);
  return operator;
}

/** The `labelSelector` query parameter for a LabelSelector. */
export function formatSelector(selector: LabelSelector): string {
  return selectorRequirements(selector).map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  if (operator === 'exists') return key;
  if (operator === '!') return `!${key}`;
  if (operator === 'in' && values.length === 1) return `${key}=${values[0]}`;
  return `${key} ${operator} (${values.join(',')})`;
}

/** The requirements of a `labelSelector` query parameter. Throws an Error that quotes the part it cannot read. */
export function parseLabelSelector(text: string): Requirement[] {
  return splitOutsideParentheses(text).map(parseRequirement);
}

/** Whether labels meet all requirements. */
export function matchesRequirements(
  requirements: readonly Requirement[],
  labels: Labels | undefined,
): boolean {
  return requirements.every((requirement) => meets(requirement, labels ?? {}));
}

const name = String.raw`[A-Za-z0-9][\w./-]*`;
const forms: ReadonlyArray<[RegExp, (match: RegExpExecArray) => Requirement]> = [
  [new RegExp(`^!\\s*(${name})$`), (m) => ({ key: m[1]!, operator: '!', values: [] })],
  [new RegExp(`^(${name})$`), (m) => ({ key: m[1]!, operator: 'exists', values: [] })],
  [
    new RegExp(`^(${name})\\s*(?:==?)\\s*([\\w.-]*)$`),
    (m) => ({ key: m[1]!, operator: 'in', values: [m[2]!] }),
  ],
  [
    new RegExp(`^(${name})\\s*!=\\s*([\\w.-]*)$`),
    (m) => ({ key: m[1]!, operator: 'notin', values: [m[2]!] }),
  ],
  [
    new RegExp(`^(${name})\\s*([<>])\\s*(\\d+)$`),
    (m) => ({ key: m[1]!, operator: m[2] === '>' ? 'gt' : 'lt', values: [m[3]!] }),
  ],
  [
    new RegExp(`^(${name})\\s+(in|notin)\\s*\\(([^()]*)\\)$`),
    (m) => ({
      key: m[1]!,
      operator: m[2] as 'in' | 'notin',
      values: m[3]!.split(',').map((value) => value.trim()),
    }),
  ],
];

function parseRequirement(part: string): Requirement {
  for (const [pattern, build] of forms) {
    const match = pattern.exec(part);
    if (match) return build(match);
  }
  throw new Error(
    `unable to parse requirement: "${part}" is not a label selector such as app=web, app!=web, app in (a,b)`,
  );
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (at === text.length || (character === ',' && depth === 0)) {
      const part = text.slice(start, at).trim();
      if (part !== '') parts.push(part);
      start = at + 1;
    }
  }
  return parts;
}

function meets({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'lt':
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

/** One comma-separated part of a field selector. */
export interface FieldRequirement {
  readonly path: string;
  readonly equal: boolean;
  readonly value: string;
}

/** The requirements of a `fieldSelector` query parameter: `a.b=c`, `a.b==c`, `a.b!=c`; `\\,`, `\\=` and `\\\\` are escapes. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const parts = text.match(/(?:\\.|[^,\\])+/g) ?? [];
  return parts.map((part) => {
    const match = /^([^=!]+?)(!=|==?)(.*)$/s.exec(part.trim());
    if (!match) throw new Error(`invalid field selector: "${part}"; write it as metadata.name=value`);
    return { path: match[1]!, equal: match[2] !== '!=', value: match[3]!.replace(/\\(.)/g, '$1') };
  });
}

/** Whether the object's fields meet all requirements; an absent field counts as an empty string. */
export function matchesFields(requirements: readonly FieldRequirement[], object: KubeObject): boolean {
  return requirements.every(({ path, equal, value }) => {
    let field: any = object;
    for (const step of path.split('.')) field = field?.[step];
    return (String(field ?? '') === value) === equal;
  });
}
