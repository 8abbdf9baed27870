import { isDraft, original } from "immer";

/**
 * Makes what belongs into a slot when that is first looked at. A function, because immer takes functions as plain
 * values, and because `typeof` tells one from a draft without going through the draft's proxy. One may stand in many
 * slots; where a page was copied before, it is asked again.
 */
export type Lazy<T> = (slot: number) => T;

/**
 * What stands in a slot. What is lazy is put there for good, so that all that share the page find it made. The types of
 * pages leave lazy slots out: nobody else meets one, and nothing else that stands in a tree is a function.
 */
export function made<V>(page: readonly V[], slot: number): V | undefined {
  const value = page[slot];
  if (typeof value !== "function") return value;
  if (!isDraft(page)) return ((page as V[])[slot] = (value as Lazy<V>)(slot));
  // A draft hands out what its base holds through a proxy of its own, and anything else as it is: unprotected.
  const base = original<unknown>(page) as V[];
  (page as V[])[slot] = made(base, slot) as V;
  return page[slot];
}
