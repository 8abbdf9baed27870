/** Returns a field of a value that somebody sent; undefined if it has none. Throws RangeError if it is no object. */
export function field(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) throw new RangeError("no object");
  return Object.hasOwn(value, key) ? (Reflect.get(value, key) as unknown) : undefined;
}

/** Returns a text that may be missing. Throws RangeError. */
export function optional(value: unknown, key: string): string | undefined {
  return field(value, key) === undefined ? undefined : text(value, key);
}

/** Returns a text. Throws RangeError. */
export function text(value: unknown, key: string): string {
  const found = field(value, key);
  if (typeof found !== "string") throw new RangeError(`no ${key}`);
  return found;
}

/** Returns a list of texts. Throws RangeError. */
export function texts(value: unknown, key: string): string[] {
  const found = field(value, key);
  if (!Array.isArray(found) || !found.every((one) => typeof one === "string"))
    throw new RangeError(`no ${key}`);
  return found;
}

/** Returns a whole number. Throws RangeError. */
export function number(value: unknown, key: string): number {
  const found = field(value, key);
  if (!Number.isSafeInteger(found)) throw new RangeError(`no ${key}`);
  return Number(found);
}

/** Returns a whole number that may be missing. Throws RangeError. */
export function optionalNumber(value: unknown, key: string): number | undefined {
  return field(value, key) === undefined ? undefined : number(value, key);
}
