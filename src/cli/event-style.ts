import type { Kind } from "../../journal/index.ts";
import type { Style } from "../text/index.ts";

/** What an operation means to a reader, for each of them. */
export const styleOfKind: Readonly<Record<Kind, Style>> = {
  create: "added",
  mkdir: "added",
  symlink: "added",
  link: "added",
  unlink: "removed",
  rmdir: "removed",
  rename: "moved",
  write: "changed",
  "set-size": "changed",
  revert: "changed",
  "set-times": "dim",
  read: "dim",
  open: "dim",
  "run-start": "heading",
  "run-end": "heading",
  mark: "heading",
  fail: "refused",
};

/** Tells whether a name is that of an operation. */
export function isKind(name: string): name is Kind {
  return Object.hasOwn(styleOfKind, name);
}

/** The names of all operations. */
export const kindNames: readonly string[] = Object.keys(styleOfKind);
