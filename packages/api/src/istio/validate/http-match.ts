import type { StringMatch } from '../common.ts';
import type { HttpMatchRequest } from '../virtual-service.ts';
import type { Check } from './check.ts';
import { checkGatewayNames } from './gateway-names.ts';
import { checkHeaderName, checkLabels, isDnsLabel } from './names.ts';
import { checkStringMatch } from './string-match.ts';

export function checkHttpMatch(check: Check, match: HttpMatchRequest | null, path: string): void {
  if (!match) return;
  for (const field of ['uri', 'scheme', 'method', 'authority'] as const)
    checkStringMatch(check, match[field], `${path}.${field}`);
  checkNamed(check, match.headers, `${path}.headers`);
  checkNamed(check, match.withoutHeaders, `${path}.withoutHeaders`);
  for (const [name, value] of Object.entries(match.queryParams ?? {}))
    checkStringMatch(check, value, `${path}.queryParams.${name}`);
  if (match.port) check.port(match.port, `${path}.port`);
  checkLabels(check, match.sourceLabels, `${path}.sourceLabels`);
  checkGatewayNames(check, match.gateways, `${path}.gateways`);
  if (match.sourceNamespace && !isDnsLabel(match.sourceNamespace)) {
    check.error(`${path}.sourceNamespace`, `"${match.sourceNamespace}" is no namespace`);
  }
}

function checkNamed(
  check: Check,
  matches: Record<string, StringMatch | null> | undefined,
  path: string,
): void {
  for (const [name, value] of Object.entries(matches ?? {})) {
    checkHeaderName(check, name, path);
    if (value === null) {
      check.error(`${path}.${name}`, 'must not be null; write {} for a header that only has to be there');
    } else if (value.regex !== '*') {
      // Envoy is asked for presence only where the pattern is a lone star.
      checkStringMatch(check, value, `${path}.${name}`);
    }
  }
}
