import { type Name, rootIno } from "../../../journal/index.ts";
import { childOf } from "../../fs/index.ts";
import type { Handle } from "./handle.ts";

const name = "tmp" as Name;

/**
 * Makes /tmp when a guest first looks there, where it may change the root: programs take for granted that it is there,
 * and those that do not need it leave no trace of it. `path` is as the guest gave it; "tmp" itself is made by whoever asks
 * to make that. Throws FsError.
 */
export function provideTemporary({ host: { fs }, ino, access }: Handle, path: string): void {
  if (ino !== rootIno || access !== "read-write" || !/^(?:\.\/+)*tmp(?:\/|$)/.test(path)) return;
  if (childOf(fs.tree, rootIno, name) === undefined)
    fs.perform({ kind: "mkdir", parent: rootIno, name });
}

/** The same for a path at which something is to be made: only what is below needs the directory. */
export function provideTemporaryAbove(base: Handle, path: string): void {
  if (/tmp\/+[^/]/.test(path)) provideTemporary(base, path);
}
