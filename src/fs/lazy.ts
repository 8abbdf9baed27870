/**
 * Gives something that is made when it is first asked for. A function, because immer takes functions as plain values,
 * and because `typeof` tells one from a draft without going through the draft's proxy.
 */
export type Lazy<T> = () => T;

export function lazy<T>(make: () => T): Lazy<T> {
  let pending: (() => T) | undefined = make;
  let value: T;
  return () => {
    if (pending !== undefined) {
      value = pending();
      pending = undefined;
    }
    return value;
  };
}

/** Tells a Lazy in a place whose type leaves it out; nothing else that stands in trees is a function. */
export function isLazy(value: unknown): value is Lazy<unknown> {
  return typeof value === "function";
}
