import { isDraft, original } from "immer";

/**
 * Loads the value of a slot at its first use. It is a function, because immer treats functions as plain values, and
 * `typeof` tells one from a draft without calling the draft's proxy. One Lazy may stand in many slots; it is called
 * again for a slot of a page that was copied earlier.
 */
export type Lazy<T> = (slot: number) => T;

/**
 * Returns the value of a slot. A loaded value replaces its Lazy, so that all states that share the page have it. Page
 * types leave lazy slots out: only this function meets them, and nothing else in a tree is a function.
 */
export function made<V>(page: readonly V[], slot: number): V | undefined {
  const value = page[slot];
  if (typeof value !== "function") return value;
  if (!isDraft(page)) return ((page as V[])[slot] = (value as Lazy<V>)(slot));
  const base = original<unknown>(page) as V[];
  // It was put there in this draft, which alone has what it makes.
  if (base[slot] !== value) {
    const own = (value as Lazy<V>)(slot);
    (page as V[])[slot] = own;
    return own;
  }
  // A draft guards its base's objects with proxies, but would return any other object unguarded.
  (page as V[])[slot] = made(base, slot) as V;
  return page[slot];
}
