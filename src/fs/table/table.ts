import { type Lazy, made } from "./lazy.ts";

/**
 * A sparse array as a radix tree with 32 slots a page: a change of an immutable table copies a few pages, and equal
 * pages of two tables are the same object. Keys are integers from 0 to 2^53 - 1.
 */
export interface Table<T> {
  /** The number of levels below the root; a root of height 0 holds values. */
  readonly height: number;
  readonly root: Page<T>;
}

/**
 * Holds values at height 0 and pages above it; only this file and `table-range.ts` read it. In a table from `tableOf` a slot may be a Lazy,
 * which the types leave out, because `made` replaces it before anybody sees it.
 */
export type Page<T> = readonly Slot<T>[];
type Slot<T> = T | Page<T> | undefined;

/** A table that can be changed: a plain one, or an immer draft. */
export interface MutableTable<T> {
  height: number;
  root: MutablePage<T>;
}
export type MutablePage<T> = (T | MutablePage<T> | undefined)[];

const bits = 5;
/** The number of slots in a page. */
export const width = 1 << bits;
/** The number of keys in a slot by the height of its page; the last is beyond the largest key. */
const spans = Array.from({ length: 12 }, (_, height) => width ** height);
/** Keys up to this are shifted as 32-bit integers. */
const largestShifted = 2 ** 32 - 1;
const mostShifts = 6;

export function emptyTable<T>(): MutableTable<T> {
  return { height: 0, root: [] };
}

/**
 * An instance, which immer treats as a plain value, and no literal, like its page: if many literals survive a
 * collection, V8 allocates new ones in the old generation, where they keep everything in them alive until the next full
 * collection.
 */
class HeldTable<T> implements MutableTable<T> {
  height: number;
  root: MutablePage<T>;

  constructor(height: number, root: MutablePage<T>) {
    this.height = height;
    this.root = root;
  }
}

/** Returns an empty table that immer makes no draft of. */
export function emptyHeldTable<T>(): MutableTable<T> {
  return new HeldTable<T>(0, Array.of());
}

export function getAt<T>(table: Table<T>, key: number): T | undefined {
  if (key >= capacity(table.height)) return undefined;
  let page: Page<T> | undefined = table.root;
  for (let height = table.height; height > 0; height -= 1) {
    page = made(page, slotOf(key, height)) as Page<T> | undefined;
    if (page === undefined) return undefined;
  }
  return made(page, key % width) as T | undefined;
}

export function setAt<T>(table: MutableTable<T>, key: number, value: T): void {
  if (key === 0 && table.height === 0 && table.root.length === 0) {
    // An array that grows reserves 17 slots at once, and most files have one block.
    table.root = Array.of<T | MutablePage<T>>(value);
    return;
  }
  place(table, key, 0, value);
}

/** Puts what belongs at a height of the table, a value or a page, on the way to a key. */
export function place<T>(
  table: MutableTable<T>,
  key: number,
  lowest: number,
  value: T | MutablePage<T>,
): void {
  while (table.height < lowest || key >= capacity(table.height)) {
    table.root = table.root.length === 0 ? [] : [table.root];
    table.height += 1;
  }
  let page = table.root;
  for (let height = table.height; height > lowest; height -= 1) {
    const slot = slotOf(key, height);
    let below = made(page, slot) as MutablePage<T> | undefined;
    if (below === undefined) {
      put(page, slot, []);
      // Reads it back: in a draft the page must be reached through its own proxy.
      below = page[slot] as MutablePage<T>;
    }
    page = below;
  }
  put(page, slotOf(key, lowest), value);
}

export function deleteAt<T>(table: MutableTable<T>, key: number): void {
  if (key >= capacity(table.height)) return;
  remove(table.root, table.height, key);
}

/** Removes every key at or above `first`. */
export function deleteFrom<T>(table: MutableTable<T>, first: number): void {
  if (first >= capacity(table.height)) return;
  cut(table.root, table.height, first);
}

/**
 * Returns a copy that can be changed between the keys `first` and `last`: it has copies of the pages on the way there
 * and of the values there, and shares all other pages.
 */
export function copyBetween<T, M extends T>(
  table: Table<T>,
  first: number,
  last: number,
  copy: (value: T) => M,
): MutableTable<M> {
  const { height } = table;
  return new HeldTable(height, copyPage<T, M>(table.root, height, 0, first, last, copy));
}

/** Yields keys and values in key order, from `first` on. */
export function* entriesOf<T>(table: Table<T>, first = 0): Generator<readonly [number, T]> {
  yield* walk<T>(table.root, table.height, 0, first);
}

/** Yields the keys whose values are not the same object, with both values; skips shared pages unread. */
export function* differences<T>(
  before: Table<T>,
  after: Table<T>,
): Generator<readonly [number, T | undefined, T | undefined]> {
  const height = Math.max(before.height, after.height);
  yield* compare<T>(raise(before, height), raise(after, height), height, 0);
}

/** Counts the keys that fit below a root of this height. */
export function capacity(height: number): number {
  return spans[height + 1] ?? Infinity;
}

/**
 * Makes a table from pages of 32 values, each loaded at its first use: `pageAt` returns the page of the values from 32
 * * index on. `present` has the indexes of all pages, ascending. A Lazy in such a page may return undefined.
 */
export function tableOf<T>(
  present: readonly number[],
  pageAt: (index: number) => readonly (T | Lazy<T | undefined> | undefined)[],
): Table<T> {
  const last = present.at(-1);
  if (last === undefined) return { height: 0, root: [] };
  let height = 1;
  while ((last + 1) * width > capacity(height)) height += 1;
  return { height, root: lazyPage<T>(present, height, 0, pageAt) };
}

/** Makes a page at `height` above the leaves from number `first` on. */
function lazyPage<T>(
  present: readonly number[],
  height: number,
  first: number,
  pageAt: (index: number) => unknown,
): Page<T> {
  const span = width ** (height - 1);
  const make: Lazy<unknown> =
    height === 1
      ? (slot) => pageAt(first + slot)
      : (slot) => lazyPage<T>(present, height - 1, first + slot * span, pageAt);
  const slots: unknown[] = Array.of();
  let at = firstAtOrAbove(present, first);
  for (
    let leaf = present[at];
    leaf !== undefined && leaf < first + width * span;
    leaf = present[at]
  ) {
    const slot = Math.floor((leaf - first) / span);
    while (slots.length < slot) slots.push(undefined);
    slots.push(make);
    at = height === 1 ? at + 1 : firstAtOrAbove(present, first + (slot + 1) * span);
  }
  return slots as Page<T>;
}

function firstAtOrAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the page of 32 values that holds `key`, or undefined if there is none. */
export function pageOf<T>(table: Table<T>, key: number): readonly (T | undefined)[] | undefined {
  if (key >= capacity(table.height)) return undefined;
  let page: Page<T> | undefined = table.root;
  for (let height = table.height; height > 0 && page !== undefined; height -= 1) {
    page = made(page, slotOf(key, height)) as Page<T> | undefined;
  }
  return page as readonly (T | undefined)[] | undefined;
}

/** Makes a table of values at all keys up to `count`, each made at its first use. Immer makes no draft of it. */
export function filledTable<T>(count: number, valueAt: (key: number) => T): MutableTable<T> {
  let height = 0;
  while (count > capacity(height)) height += 1;
  return new HeldTable<T>(height, filledPage(height, 0, count, valueAt));
}

function filledPage<T>(
  height: number,
  first: number,
  count: number,
  valueAt: (key: number) => T,
): MutablePage<T> {
  const span = width ** height;
  const slots = Math.min(width, Math.ceil((count - first) / span));
  const make: Lazy<unknown> =
    height === 0
      ? (slot) => valueAt(first + slot)
      : (slot) => filledPage(height - 1, first + slot * span, count, valueAt);
  const page: unknown[] = Array.of();
  while (page.length < slots) page.push(make);
  return page as MutablePage<T>;
}

/** Returns the slot of a key in a page at a height. */
export function slotOf(key: number, height: number): number {
  if (key <= largestShifted) return height > mostShifts ? 0 : (key >>> (bits * height)) % width;
  // Block numbers of large files exceed 32 bits.
  return Math.floor(key / width ** height) % width;
}

/** Fills the slots before, so that pages stay packed arrays. */
export function put<T>(page: MutablePage<T>, slot: number, value: T | MutablePage<T>): void {
  while (page.length < slot) page.push(undefined);
  page[slot] = value;
}

/** Tells whether the page is empty afterwards. */
function remove<T>(page: MutablePage<T>, height: number, key: number): boolean {
  const slot = slotOf(key, height);
  const value = made(page, slot);
  if (value === undefined) return false;
  if (height > 0 && !remove(value as MutablePage<T>, height - 1, key)) return false;
  page[slot] = undefined;
  return trim(page);
}

function cut<T>(page: MutablePage<T>, height: number, first: number): boolean {
  const slot = slotOf(first, height);
  const keep = first % width ** height === 0 ? slot : slot + 1;
  if (page.length > keep) page.length = keep;
  const edge = keep > slot && height > 0 ? made(page, slot) : undefined;
  if (edge !== undefined && cut(edge as MutablePage<T>, height - 1, first)) {
    page[slot] = undefined;
  }
  return trim(page);
}

function trim<T>(page: MutablePage<T>): boolean {
  let length = page.length;
  while (length > 0 && page[length - 1] === undefined) length -= 1;
  if (length !== page.length) page.length = length;
  return length === 0;
}

function copyPage<T, M extends T>(
  page: Page<T>,
  height: number,
  base: number,
  first: number,
  last: number,
  copy: (value: T) => M,
): MutablePage<M> {
  const span = width ** height;
  // Everything else is shared, and never changed through this copy.
  const own = page.slice() as MutablePage<M>;
  const stop = Math.min(own.length - 1, Math.floor((last - base) / span));
  for (let slot = Math.max(0, Math.floor((first - base) / span)); slot <= stop; slot += 1) {
    const value = made(page, slot);
    if (value === undefined) own[slot] = undefined;
    else if (height === 0) own[slot] = copy(value as T);
    else {
      const below = base + slot * span;
      own[slot] = copyPage<T, M>(value as Page<T>, height - 1, below, first, last, copy);
    }
  }
  return own;
}

function* walk<T>(
  page: Page<T>,
  height: number,
  base: number,
  first: number,
): Generator<readonly [number, T]> {
  const span = width ** height;
  for (let slot = 0; slot < page.length; slot += 1) {
    const key = base + slot * span;
    if (page[slot] === undefined || key + span <= first) continue;
    const value = made(page, slot);
    if (value === undefined) continue;
    if (height === 0) yield [key, value as T];
    else yield* walk<T>(value as Page<T>, height - 1, key, first);
  }
}

function raise<T>(table: Table<T>, height: number): Page<T> {
  let root = table.root;
  for (let at = table.height; at < height; at += 1) root = [root];
  return root;
}

function* compare<T>(
  before: Page<T>,
  after: Page<T>,
  height: number,
  base: number,
): Generator<readonly [number, T | undefined, T | undefined]> {
  if (before === after) return;
  const span = width ** height;
  for (let slot = 0; slot < Math.max(before.length, after.length); slot += 1) {
    if (before[slot] === after[slot] || isSameUnused(before[slot], after[slot])) continue;
    const left = made(before, slot);
    const right = made(after, slot);
    if (left === right) continue;
    const key = base + slot * span;
    if (height === 0) yield [key, left as T | undefined, right as T | undefined];
    else yield* compare<T>((left ?? []) as Page<T>, (right ?? []) as Page<T>, height - 1, key);
  }
}

/** Tells whether two slots make the same page, which nobody has used in either: see `setRange`. */
function isSameUnused(one: unknown, other: unknown): boolean {
  const [left, right] = [originOf(one), originOf(other)];
  return left !== undefined && right !== undefined && left.isSame(right);
}

/** Says which values a page will have that nobody has used. */
export interface Origin {
  isSame(other: Origin): boolean;
}

/** Returns the origin of a page that `setRange` put into a slot, as long as nobody has used it. */
export function originOf(slot: unknown): Origin | undefined {
  return typeof slot === "function" && "origin" in slot ? (slot.origin as Origin) : undefined;
}
