import { type Name, rootIno } from "../../../journal/index.ts";
import { childOf } from "../../fs/index.ts";
import type { Handle } from "./handle.ts";

const name = "tmp" as Name;

/**
 * Makes /tmp when a guest first looks there, if it may change the root: programs expect it, and those that never look
 * leave no trace of it. `path` is the guest's text; a request to make "tmp" itself makes it. Throws FsError.
 */
export function provideTemporary({ host: { fs }, ino, access }: Handle, path: string): void {
  if (ino !== rootIno || access !== "read-write" || !/^(?:\.\/+)*tmp(?:\/|$)/.test(path)) return;
  if (childOf(fs.tree, rootIno, name) === undefined)
    fs.perform({ kind: "mkdir", parent: rootIno, name });
}

/** Makes /tmp for a path where something is to be made: only paths below it need it. */
export function provideTemporaryAbove(base: Handle, path: string): void {
  if (/tmp\/+[^/]/.test(path)) provideTemporary(base, path);
}
