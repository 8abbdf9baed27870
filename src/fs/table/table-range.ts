import { type Lazy, made } from "./lazy.ts";
import {
  type MutablePage,
  type Origin,
  type MutableTable,
  type Page,
  type Table,
  capacity,
  originOf,
  place,
  setAt,
  slotOf,
  width,
} from "./table.ts";

/**
 * Puts values at all keys from `first` up to `end`, each made at its first use; a whole page of them at once. What was
 * made is the same object in all states that share it, so `valueAt` is called once for each key. See `unusedPages` for
 * `origin`.
 */
export function setRange<T>(
  table: MutableTable<T>,
  first: number,
  end: number,
  valueAt: (key: number) => T | undefined,
  origin?: Origin,
): void {
  const pages = new Map<number, Page<T>>();
  const pageAt = (index: number): Page<T> => {
    let page = pages.get(index);
    if (page === undefined) {
      page = Array.from({ length: width }, (_, slot) => valueAt(index * width + slot));
      pages.set(index, page);
    }
    return page;
  };
  for (let key = first; key < end;) {
    const index = Math.floor(key / width);
    const stop = Math.min(end, (index + 1) * width);
    if (stop - key === width)
      place(
        table,
        key,
        1,
        Object.assign(() => pageAt(index), { origin }) as unknown as MutablePage<T>,
      );
    else
      for (let one = key; one < stop; one += 1)
        setAt(table, one, once(() => valueAt(one)) as unknown as T);
    key = stop;
  }
}

function once<T>(make: () => T): Lazy<T> {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Yields the first key of each page that `setRange` put there and nobody has used since, with its origin. */
export function unusedPages<T>(table: Table<T>): Generator<readonly [number, unknown]> {
  return unusedIn(table.root, table.height, 0);
}

function* unusedIn(
  page: readonly unknown[],
  height: number,
  base: number,
): Generator<readonly [number, unknown]> {
  const span = width ** height;
  for (const [slot, value] of page.entries()) {
    const key = base + slot * span;
    const origin = height === 1 ? originOf(value) : undefined;
    if (origin !== undefined) yield [key, origin];
    else if (height > 1 && Array.isArray(value)) yield* unusedIn(value, height - 1, key);
  }
}

/** Yields keys and values in key order, but for the pages that `unusedPages` yields. */
export function usedEntries<T>(table: Table<T>): Generator<readonly [number, T]> {
  return usedIn(table.root, table.height, 0);
}

function* usedIn<T>(page: Page<T>, height: number, base: number): Generator<readonly [number, T]> {
  const span = width ** height;
  for (let slot = 0; slot < page.length; slot += 1) {
    if (height === 1 && originOf(page[slot]) !== undefined) continue;
    const value = made(page, slot);
    if (value === undefined) continue;
    const key = base + slot * span;
    if (height === 0) yield [key, value as T];
    else yield* usedIn<T>(value as Page<T>, height - 1, key);
  }
}

/** Returns the origin of the page of a key, if `setRange` put it there and nobody has used it since. */
export function originAt<T>(table: Table<T>, key: number): unknown {
  if (table.height === 0 || key >= capacity(table.height)) return undefined;
  let page: unknown = table.root;
  for (let height = table.height; height > 1 && Array.isArray(page); height -= 1)
    page = page[slotOf(key, height)];
  return Array.isArray(page) ? originOf(page[slotOf(key, 1)]) : undefined;
}
