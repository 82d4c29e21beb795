/** Sets a field that is not there; an empty text counts as not there. */
export function setDefault(object: any, field: string, value: unknown): void {
  if (object[field] === undefined || object[field] === null || object[field] === '') object[field] = value;
}

/** Sets several. */
export function setDefaults(object: any, values: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(values)) setDefault(object, field, structuredClone(value));
}

/** The list, or none. */
export function each(list: unknown): any[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'object' && item !== null) : [];
}

/** The map in a field, made when there is none. */
export function part(object: any, field: string): any {
  object[field] ??= {};
  return object[field];
}
