import type { KubeObject } from '@lateen/kube/types';

/** An age as kubectl prints it: `5s`, `3m20s`, `4h`, `2d3h`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 365 * 8 ? two(years, 'y', days % 365, 'd') : `${years}y`;
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

/** Time since `at`; `<unknown>` without one. */
export function since(at: string | null | undefined, now: number): string {
  return at ? humanDuration(now - Date.parse(at)) : '<unknown>';
}

export function age(object: KubeObject, now: number): string {
  return since(object.metadata.creationTimestamp, now);
}

export function labelsText(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** A label selector in one line, `<none>` when it selects everything. */
export function selectorText(selector: Selector | undefined): string {
  if (!selector) return '<none>';
  const parts = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }));
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const list = `(${[...values].sort().join(',')})`;
    const text =
      { In: `${key} in ${list}`, NotIn: `${key} notin ${list}`, Exists: key, DoesNotExist: `!${key}` }[
        operator
      ] ?? key;
    parts.push({ key, text });
  }
  if (parts.length === 0) return '<none>';
  return parts
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map((part) => part.text)
    .join(',');
}

/** Names and images of a template's containers, each joined by commas. */
export function containerTexts(template: any): [string, string] {
  const containers: { name: string; image?: string }[] = template?.spec?.containers ?? [];
  return [
    containers.map((container) => container.name).join(','),
    containers.map((container) => container.image ?? '').join(','),
  ];
}

export function trueFalse(value: boolean | undefined): string {
  return value === undefined ? '<unset>' : value ? 'True' : 'False';
}

export function condition(object: KubeObject, type: string): any {
  return (object.status?.conditions ?? []).find((one: any) => one.type === type);
}

export function hasCondition(object: KubeObject, type: string): boolean {
  return condition(object, type)?.status === 'True';
}

/** Items after the first `shown` become `+ N more...`. */
export function andMore(items: readonly string[], shown: number, separator = ','): string {
  if (items.length <= shown) return items.join(separator);
  return `${items.slice(0, shown).join(separator)} + ${items.length - shown} more...`;
}

/** A quantity as it was written; only what was never set is different. */
export function listOr(items: readonly string[] | undefined, none: string): string {
  return items && items.length > 0 ? items.join(',') : none;
}
