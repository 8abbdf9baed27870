import { type Lazy, made } from "./lazy.ts";
import { type Page, type Table, capacity, slotOf, width } from "./table.ts";

/**
 * Returns a table like another one, but for the values at some keys, each made at its first use. Loads nothing of the
 * other table: pages on the way to a key are copied when they are used.
 */
export function overlaid<T>(
  table: Table<T>,
  keys: Iterable<number>,
  valueAt: (key: number) => T | undefined,
): Table<T> {
  const all = [...new Set(keys)];
  let { height, root } = table;
  for (const key of all) {
    while (key >= capacity(height)) {
      root = root.length === 0 ? [] : [root];
      height += 1;
    }
  }
  return { height, root: pageOver(root, height, 0, all, valueAt) };
}

function pageOver<T>(
  page: Page<T>,
  height: number,
  first: number,
  keys: readonly number[],
  valueAt: (key: number) => T | undefined,
): Page<T> {
  const own = page.slice() as unknown[];
  const span = width ** height;
  for (const [slot, below] of Map.groupBy(keys, (key) => slotOf(key, height))) {
    while (own.length < slot) own.push(undefined);
    const key = first + slot * span;
    const make: Lazy<unknown> =
      height === 0
        ? () => valueAt(key)
        : () => pageOver((made(page, slot) ?? []) as Page<T>, height - 1, key, below, valueAt);
    own[slot] = make;
  }
  return own as Page<T>;
}
