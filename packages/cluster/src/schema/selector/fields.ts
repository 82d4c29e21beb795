export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** `metadata.name=a,status.phase!=Running`, with backslash escapes; `error` has Kubernetes' text. */
export function parseFieldSelector(text: string): { requirements: FieldRequirement[]; error?: string } {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === '') continue;
    const match = /^((?:\\.|[^=!\\]|!(?!=))*)(==|=|!=)(.*)$/s.exec(term);
    if (match === null)
      return { requirements: [], error: `invalid selector: '${text}'; can't understand '${term}'` };
    const value = unescapeValue(match[3]!);
    if (value.error !== undefined) return { requirements: [], error: value.error };
    requirements.push({ field: match[1]!, operator: match[2] === '!=' ? '!=' : '=', value: value.text });
  }
  return { requirements };
}

/** Splits at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let term = '';
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '\\' && index + 1 < text.length) {
      term += text.slice(index, index + 2);
      index += 1;
    } else if (text[index] === ',') {
      terms.push(term);
      term = '';
    } else term += text[index];
  }
  return [...terms, term];
}

function unescapeValue(value: string): { text: string; error?: string } {
  let text = '';
  for (let index = 0; index < value.length; index += 1) {
    const character = value[index]!;
    if (character === '\\') {
      const next = value[index + 1];
      if (next === undefined || !'\\,='.includes(next)) {
        return {
          text: '',
          error: `invalid field selector: invalid escape sequence: ${value.slice(index, index + 2)}`,
        };
      }
      text += next;
      index += 1;
    } else if (character === '=') {
      return { text: '', error: 'invalid field selector: unescaped character in value: =' };
    } else text += character;
  }
  return { text };
}

/** `read` answers the field's text, undefined when the object has none. */
export function fieldSelectorMatches(
  requirements: readonly FieldRequirement[],
  read: (field: string) => string | undefined,
): boolean {
  return requirements.every(
    ({ field, operator, value }) => ((read(field) ?? '') === value) === (operator === '='),
  );
}
