/** Full names of the gateways that a resource of `namespace` names: `mesh` or `namespace/name`. */
export function gatewayNames(names: readonly string[] | undefined, namespace: string): string[] {
  return (names ?? []).map((name) => (name === 'mesh' || name.includes('/') ? name : `${namespace}/${name}`));
}
