import type { Style } from "./color.ts";

/** What an operation means to a reader, for each of them. The names are those of the journal's kinds of events. */
export const styleOfKind = {
  create: "added",
  write: "changed",
  "set-size": "changed",
  mkdir: "added",
  rmdir: "removed",
  unlink: "removed",
  rename: "moved",
  link: "added",
  symlink: "added",
  "set-times": "dim",
  "set-mode": "changed",
  revert: "changed",
  "run-start": "heading",
  "run-end": "heading",
  mark: "heading",
  fail: "refused",
  read: "dim",
  open: "dim",
} as const satisfies Readonly<Record<string, Style>>;

export type KindName = keyof typeof styleOfKind;

/** The operation that a name is of; what came to nothing can be called as the log calls it. */
export function kindNamed(name: string): KindName | undefined {
  if (name === "refused" || name === "failed") return "fail";
  return kindNames.find((kind) => kind === name);
}

/** The names of all operations. */
export const kindNames = Object.keys(styleOfKind) as readonly KindName[];
