/** Counters and gauges of the control plane under istiod's names, in Prometheus' text form. */
export class Metrics {
  readonly #series = new Map<string, { type: 'counter' | 'gauge'; values: Map<string, number> }>();

  /** Adds to a counter. */
  count(name: string, labels: Readonly<Record<string, string>> = {}, amount = 1): void {
    const values = this.#values(name, 'counter');
    const key = labelText(labels);
    values.set(key, (values.get(key) ?? 0) + amount);
  }

  set(name: string, value: number, labels: Readonly<Record<string, string>> = {}): void {
    this.#values(name, 'gauge').set(labelText(labels), value);
  }

  text(): string {
    let text = '';
    for (const [name, { type, values }] of this.#series) {
      text += `# TYPE ${name} ${type}\n`;
      for (const [labels, value] of values) text += `${name}${labels} ${value}\n`;
    }
    return text;
  }

  #values(name: string, type: 'counter' | 'gauge'): Map<string, number> {
    let series = this.#series.get(name);
    if (!series) {
      series = { type, values: new Map() };
      this.#series.set(name, series);
    }
    return series.values;
  }
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`,
  );
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}
