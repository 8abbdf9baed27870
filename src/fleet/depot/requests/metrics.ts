/** Counts what a depot did, for Prometheus. */
export class Metrics {
  readonly #counts = new Map<string, number>();

  /** Adds to a counter, whose name may have labels: `depot_requests_total{status="200"}`. */
  add(name: string, amount = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + amount);
  }

  /** Returns the text that Prometheus reads. */
  text(): string {
    const names = [...this.#counts.keys()].toSorted();
    const lines = names.map((name) => `${name} ${this.#counts.get(name) ?? 0}\n`);
    const types = new Set(names.map((name) => `# TYPE ${name.replace(/\{.*/, "")} counter\n`));
    return [...types, ...lines].join("");
  }
}
