import type { HttpRoute } from '../virtual-service.ts';
import type { Check } from './check.ts';
import { checkDestination, checkWeighted } from './destination.ts';
import {
  checkCors,
  checkDirectResponse,
  checkFault,
  checkHeaders,
  checkRedirect,
  checkRetry,
  checkRewrite,
} from './http-actions.ts';
import { checkHttpMatch } from './http-match.ts';
import { isDnsLabel } from './names.ts';

/** One HTTP rule; `delegate`: of a resource without hosts, which others delegate to. */
export function checkHttpRoute(check: Check, route: HttpRoute | null, path: string, delegate: boolean): void {
  if (!route) {
    check.error(path, 'must not be null');
    return;
  }
  checkChoice(check, route, path, delegate);
  check.each(route.match, `${path}.match`, (match, at) => checkHttpMatch(check, match, at));
  checkRoutes(check, route, path);
  checkRedirect(check, route.redirect, `${path}.redirect`);
  checkPrefixRedirect(check, route, path);
  checkDirectResponse(check, route.directResponse, `${path}.directResponse`);
  checkRewrite(check, route.rewrite, `${path}.rewrite`);
  check.duration(route.timeout, `${path}.timeout`, { zero: true });
  checkRetry(check, route.retries, `${path}.retries`);
  checkFault(check, route.fault, `${path}.fault`);
  checkMirrors(check, route, path);
  checkCors(check, route.corsPolicy, `${path}.corsPolicy`);
  checkHeaders(check, route.headers, `${path}.headers`);
}

/** Exactly one of the ways to answer. */
function checkChoice(check: Check, route: HttpRoute, path: string, delegate: boolean): void {
  const chosen = [
    route.route?.length ? 'route' : undefined,
    route.redirect ? 'redirect' : undefined,
    route.directResponse ? 'directResponse' : undefined,
    route.delegate ? 'delegate' : undefined,
  ].filter((name) => name !== undefined);
  if (chosen.length === 0)
    check.error(path, 'one of route, redirect, directResponse and delegate is required', 'Required');
  if (chosen.length > 1) check.error(path, `${chosen.join(' and ')} exclude each other`);
  if (route.redirect && route.rewrite) check.error(path, 'redirect and rewrite exclude each other');
  if (!route.delegate) return;
  if (delegate) {
    check.error(`${path}.delegate`, 'a resource that others delegate to must not delegate itself');
    return;
  }
  check.required(route.delegate.name, `${path}.delegate.name`);
  const { namespace } = route.delegate;
  if (namespace && !isDnsLabel(namespace))
    check.error(`${path}.delegate.namespace`, `"${namespace}" is no namespace`);
}

function checkRoutes(check: Check, route: HttpRoute, path: string): void {
  checkWeighted(check, route.route, `${path}.route`);
  check.each(route.route, `${path}.route`, (entry, at) =>
    checkHeaders(check, entry?.headers, `${at}.headers`),
  );
}

/** A prefix can only be replaced where a prefix was matched. */
function checkPrefixRedirect(check: Check, route: HttpRoute, path: string): void {
  if (!(route.redirect as { prefixRewrite?: string } | undefined)?.prefixRewrite) return;
  check.each(route.match, `${path}.match`, (match, at) => {
    if (match?.uri?.exact !== undefined || match?.uri?.regex !== undefined) {
      check.error(`${at}.uri`, 'must be a prefix, because the redirect replaces the matched prefix');
    }
  });
}

function checkMirrors(check: Check, route: HttpRoute, path: string): void {
  if (route.mirror && route.mirrors?.length) check.error(path, 'mirror and mirrors exclude each other');
  if (route.mirror) checkDestination(check, route.mirror, `${path}.mirror`);
  check.percent(route.mirrorPercentage, `${path}.mirrorPercentage`);
  check.range(route.mirrorPercent, `${path}.mirrorPercent`, 0, 100);
  check.each(route.mirrors, `${path}.mirrors`, (mirror, at) => {
    checkDestination(check, mirror?.destination, `${at}.destination`);
    check.percent(mirror?.percentage, `${at}.percentage`);
  });
}
