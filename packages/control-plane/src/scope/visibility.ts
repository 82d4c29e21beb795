/** Whether something of namespace `owner` that is exported to `exportTo` can be seen from `viewer`. */
export function isVisible(exportTo: readonly string[], owner: string, viewer: string): boolean {
  return exportTo.some((entry) => entry === '*' || entry === viewer || (entry === '.' && owner === viewer));
}

export function includesLabels(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>> | undefined,
): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  return true;
}
