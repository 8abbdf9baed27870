/** Remembers the values of the most recent keys. */
export interface Memo<Value> {
  get(key: string, build: () => Value): Value;
  /** Returns a remembered value; undefined for a key that was never used, or too long ago. */
  held(key: string): Value | undefined;
  clear(): void;
}

export function memo<Value>(most: number): Memo<Value> {
  const values = new Map<string, { readonly value: Value }>();
  return {
    get(key, build) {
      const held = values.get(key) ?? { value: build() };
      values.delete(key);
      values.set(key, held);
      if (values.size > most) {
        for (const oldest of values.keys()) {
          values.delete(oldest);
          break;
        }
      }
      return held.value;
    },
    held: (key) => values.get(key)?.value,
    clear: () => values.clear(),
  };
}
