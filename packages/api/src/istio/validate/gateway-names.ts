import type { Check } from './check.ts';
import { fqdnFault, isDnsLabel } from './names.ts';

/** `mesh`, `name` or `namespace/name`. */
export function checkGatewayNames(
  check: Check,
  names: readonly string[] | null | undefined,
  path: string,
): void {
  check.each(names, path, (name, at) => {
    const parts = name.split('/');
    if (parts.length > 2 || parts.some((part) => part === '')) {
      check.error(at, `"${name}" must have the form name or namespace/name`);
    } else if (parts.length === 2) {
      if (!parts.every((part) => part.split('.').every(isDnsLabel)))
        check.error(at, `"${name}" must have the form namespace/name`);
    } else if (fqdnFault(name) !== undefined) {
      check.error(at, `"${name}" is no gateway name`);
    } else if (name.includes('.')) {
      check.warning(at, `"${name}" looks like a host name; gateways are named name or namespace/name`);
    }
  });
}
