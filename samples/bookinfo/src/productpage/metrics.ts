const results = new Map<string, number>();

/** Counts the answer of a service for `/metrics`. */
export function count(app: string, status: number): void {
  const labels = `destination_app="${app}",response_code="${status}"`;
  results.set(labels, (results.get(labels) ?? 0) + 1);
}

/** The counters in Prometheus' text format. */
export function metricsText(): string {
  const lines = ['# HELP request_result_total Results of requests', '# TYPE request_result_total counter'];
  for (const [labels, value] of results) lines.push(`request_result_total{${labels}} ${value}`);
  return `${lines.join('\n')}\n`;
}
