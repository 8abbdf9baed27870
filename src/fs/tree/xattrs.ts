import type { TapePosition } from "../../../journal/index.ts";
import { utf8Length } from "./text-bytes.ts";

/** The value of an extended attribute, by its place on the tape. */
export interface XattrValue {
  readonly tape: TapePosition;
  readonly length: number;
}

/** The extended attributes of a file or directory by their names; never empty. */
export type Xattrs = ReadonlyMap<string, XattrValue>;

/** The most bytes that the names and values of one inode's attributes have together. */
export const mostXattrsBytes = 64 * 1024;

/** Returns the attributes with one more, or with another value of it. */
export function withXattr(xattrs: Xattrs | undefined, name: string, value: XattrValue): Xattrs {
  return new Map([...(xattrs ?? []), [name, value] as const]);
}

/** Returns the attributes without one of them; undefined where none is left. */
export function withoutXattr(xattrs: Xattrs | undefined, name: string): Xattrs | undefined {
  const rest = [...(xattrs ?? [])].filter(([one]) => one !== name);
  return rest.length === 0 ? undefined : new Map(rest);
}

/** Counts the bytes that attributes take. */
export function bytesOfXattrs(xattrs: Xattrs | undefined): number {
  let bytes = 0;
  for (const [name, { length }] of xattrs ?? []) bytes += utf8Length(name) + 1 + length;
  return bytes;
}

/** Tells whether attributes are the same; where their bytes stand counts, and what they are does not. */
export function sameXattrs(left: Xattrs | undefined, right: Xattrs | undefined): boolean {
  if (left === right) return true;
  if (left?.size !== right?.size) return false;
  for (const [name, { tape, length }] of left ?? []) {
    const other = right?.get(name);
    if (other?.tape !== tape || other.length !== length) return false;
  }
  return true;
}

/** Returns attributes in the order of their names, so that equal ones have equal bytes wherever they are written. */
export function sortedXattrs(xattrs: Xattrs): readonly (readonly [string, XattrValue])[] {
  return [...xattrs].sort(([left], [right]) => (left < right ? -1 : 1));
}
