import { type Printable, words } from "../../src/text/index.ts";

/** Says why a file cannot be saved under a name, and what to do; undefined if another name would not help. */
export function whyNotSaved(error: unknown): Printable | undefined {
  return error instanceof Error && "code" in error ? reasons.get(error.code) : undefined;
}

const reasons: ReadonlyMap<unknown, Printable> = new Map([
  [
    "EEXIST",
    words("There is something of that name, and it is never overwritten: use another name."),
  ],
  ["EISDIR", words("That is a directory: add a name for the file.")],
  ["ENOENT", words("Its directory is not there: make it first, or save elsewhere.")],
  ["ENOTDIR", words("A part of that path is not a directory: save elsewhere.")],
  ["EACCES", words("You may not write there: save elsewhere.")],
  ["EPERM", words("You may not write there: save elsewhere.")],
  ["EROFS", words("That disk can only be read: save elsewhere.")],
  ["ENAMETOOLONG", words("That name is too long: use a shorter one.")],
  ["ENOSPC", words("That disk is full: make room, or save elsewhere.")],
]);
