/** JSON when it is JSON; the YAML reader is loaded only for what is not. Throws what the reader says. */
export async function parseText(text: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    const { parse } = await import('./yaml.ts');
    try {
      return parse(text, { merge: true, maxAliasCount: 1000 });
    } catch (error) {
      throw new Error(`Unable to parse ${name}: ${(error as Error).message}`);
    }
  }
}
