/** The latest of what was made by key and version: states that are made one after another share what is equal. */
export class Recent<K, V> {
  readonly #most: number;
  readonly #made = new Map<K, { readonly version: number; readonly value: V }>();

  /** Keeps at most `most` values. */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: K, version: number, make: () => V): V {
    const known = this.#made.get(key);
    if (known?.version === version) return known.value;
    const value = make();
    if (this.#made.size >= this.#most) this.#made.clear();
    this.#made.set(key, { version, value });
    return value;
  }
}
