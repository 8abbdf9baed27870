import type { Style } from "./color.ts";

/** The style of each operation. The keys are the journal's kinds of events. */
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
  listing: "added",
  fetch: "dim",
  mknod: "added",
  exchange: "moved",
  "set-xattr": "changed",
  "revert-xattr": "changed",
  "remove-xattr": "changed",
  process: "dim",
  decision: "refused",
} as const satisfies Readonly<Record<string, Style>>;

export type KindName = keyof typeof styleOfKind;

/** Returns the operation with this name; a failed one may have the name that the log uses. */
export function kindNamed(name: string): KindName | undefined {
  if (name === "refused" || name === "failed") return "fail";
  return kindNames.find((kind) => kind === name);
}

/** The names of all operations. */
export const kindNames = Object.keys(styleOfKind) as readonly KindName[];
