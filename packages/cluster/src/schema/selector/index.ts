export interface Requirement {
  readonly key: string;
  readonly operator: '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';
  readonly values: readonly string[];
}

/** `a=b,c in (d, e),!f`; `error` has Kubernetes' text. */
export function parseLabelSelector(_text: string): { requirements: Requirement[]; error?: string } {
  return { requirements: [] };
}

export function labelsMatch(
  _requirements: readonly Requirement[],
  _labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return true;
}

/** A LabelSelector object (`matchLabels`, `matchExpressions`); an empty one matches everything, an absent one nothing. */
export function labelSelectorMatches(
  _selector: any,
  _labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return true;
}

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** `metadata.name=a,status.phase!=Running`, with backslash escapes; `error` has Kubernetes' text. */
export function parseFieldSelector(_text: string): { requirements: FieldRequirement[]; error?: string } {
  return { requirements: [] };
}

/** `valueOf` answers the field's text, undefined when the kind has no such selectable field. */
export function fieldSelectorMatches(
  requirements: readonly FieldRequirement[],
  valueOf: (field: string) => string | undefined,
): boolean {
  return requirements.every(
    ({ field, operator, value }) => ((valueOf(field) ?? '') === value) === (operator === '='),
  );
}
