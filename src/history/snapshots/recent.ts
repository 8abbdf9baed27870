/**
 * Shares equal values between states that are used together, by key and version. Drops values that are not used between
 * two turns, so that they do not grow old.
 */
export class Recent<K, V> {
  #now = new Map<K, Made<V>>();
  #before: ReadonlyMap<K, Made<V>> = new Map();

  get(key: K, version: number, make: () => V): V {
    const known = this.#now.get(key);
    if (known?.version === version) return known.value;
    const older = this.#before.get(key);
    const made = older?.version === version ? older : new Made(version, make());
    this.#now.set(key, made);
    return made.value;
  }

  turn(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}

class Made<V> {
  readonly version: number;
  readonly value: V;

  constructor(version: number, value: V) {
    this.version = version;
    this.value = value;
  }
}
