import type { LocalityLoadBalancerSetting } from '../destination-rule.ts';
import type { Check } from './check.ts';

/** Shares, failover and priorities exclude each other; failing over needs outlier detection to notice failures. */
export function checkLocality(
  check: Check,
  setting: LocalityLoadBalancerSetting | null | undefined,
  path: string,
  outliers: boolean,
): void {
  if (!setting) return;
  const { distribute = [], failover = [], failoverPriority = [] } = setting;
  if (distribute.length > 0 && (failover.length > 0 || failoverPriority.length > 0)) {
    check.error(path, 'distribute excludes failover and failoverPriority');
  }
  check.each(distribute, `${path}.distribute`, (entry, at) => checkShares(check, entry.to ?? {}, `${at}.to`));
  checkLocalities(
    check,
    distribute.map((entry) => entry.from ?? ''),
    `${path}.distribute`,
  );
  check.each(failover, `${path}.failover`, (entry, at) => checkFailover(check, entry, at));
  if ((failover.length > 0 || failoverPriority.length > 0) && !outliers) {
    check.warning(path, 'failing over needs outlierDetection, which notices that endpoints fail');
  }
}

function checkShares(check: Check, to: Record<string, number>, path: string): void {
  let total = 0;
  for (const [place, share] of Object.entries(to)) {
    if (share <= 0) check.error(`${path}.${place}`, 'must be at least 1');
    total += share;
  }
  if (total !== 100) check.error(path, `shares must sum up to 100, not ${total}`);
  checkLocalities(check, Object.keys(to), path);
}

function checkFailover(
  check: Check,
  { from = '', to = '' }: { from?: string; to?: string },
  path: string,
): void {
  if (from === to) check.error(path, `"${from}" must fail over to another region`);
  for (const [field, region] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (region === '' || region.includes('*') || region.includes('/'))
      check.error(`${path}.${field}`, `"${region}" must be one region`);
  }
}

/** Localities are `region/zone/subzone` with `*` only at the end, and do not overlap. */
export function checkLocalities(check: Check, localities: readonly string[], path: string): void {
  const known: string[][] = [];
  for (const text of localities) {
    const parts = text.split('/');
    const star = parts.indexOf('*');
    if (star >= 0 && star !== parts.length - 1) check.error(path, `"${text}" may have * only at its end`);
    if (parts.length > 3 || parts.includes(''))
      check.error(path, `"${text}" must have the form region/zone/subzone`);
    const fixed = star >= 0 ? parts.slice(0, star) : parts;
    const other = known.find((entry) => startsWith(entry, fixed) || startsWith(fixed, entry));
    if (other) check.error(path, `"${text}" overlaps with "${other.join('/')}"`);
    known.push(fixed);
  }
}

function startsWith(list: readonly string[], head: readonly string[]): boolean {
  return head.every((part, index) => list[index] === part);
}
