import type { Kind } from "./event.ts";

/** The number that stands for each kind in the file. Part of the format: numbers are never changed or used again. */
export const codeOfKind: Readonly<Record<Kind, number>> = {
  create: 1,
  mkdir: 2,
  symlink: 3,
  link: 4,
  unlink: 5,
  rmdir: 6,
  rename: 7,
  write: 8,
  "set-size": 9,
  "set-times": 10,
  revert: 11,
  "run-start": 12,
  "run-end": 13,
  mark: 14,
  fail: 15,
  read: 16,
  open: 17,
  "set-mode": 18,
};

const kinds: ReadonlyMap<number, Kind> = new Map(
  Object.entries(codeOfKind).map(([kind, code]) => [code, kind as Kind]),
);

/** The kind a number stands for, or undefined where it stands for none. */
export function kindOfCode(code: number): Kind | undefined {
  return kinds.get(code);
}
