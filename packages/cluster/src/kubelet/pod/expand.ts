/** Replaces `$(NAME)` by the variable's value; unknown names stay, and `$$` is a dollar sign. */
export function expandVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\$|\(([^()\s]*)\))/g, (whole, name?: string) => {
    if (whole === '$$') return '$';
    return name !== undefined && Object.hasOwn(variables, name) ? variables[name]! : whole;
  });
}
