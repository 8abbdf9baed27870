import type { BigIntStats } from "node:fs";

import type { Ino } from "../../../journal/index.ts";
import { type FileSystem, type Inode, hasOtherMode, modeOf } from "../../fs/index.ts";
import type { ChangedEntry } from "./plan.ts";

/**
 * What the host is given of a mode: nobody but its owner decides that a file runs with other rights than those of whoever
 * runs it.
 */
export const permissions = 0o777;

/** The mode of a host entry as an event says it; of a host without modes, nothing. */
export function modeOnHost({ mode }: BigIntStats): { readonly mode?: number } {
  return process.platform === "win32" ? {} : { mode: Number(mode & 0o7777n) };
}

/** Gives an inode the mode of the host entry; tells whether it had another. What has it unsaid is left so. */
export function setModeAsOnHost(fs: FileSystem, ino: Ino, stat: BigIntStats): boolean {
  const inode = fs.inode(ino);
  const { mode } = modeOnHost(stat);
  if (inode === undefined || mode === undefined || modeOf(inode) === mode) return false;
  fs.perform({ kind: "set-mode", ino, mode });
  return true;
}

/** The permission bits that somebody said of an inode, as the host is given them; undefined where nobody did. */
export function saidMode(inode: Inode): number | undefined {
  return inode.type === "symlink" || inode.mode === undefined
    ? undefined
    : inode.mode & permissions;
}

/**
 * What a new file or directory is made with on the host: nobody else comes to it before it has the mode that was said.
 * Where none was, the host's umask has its say.
 */
export function modeToBegin(inode: Inode): number {
  if (saidMode(inode) === undefined) return modeOf(inode);
  return inode.type === "directory" ? 0o700 : 0o600;
}

/** The permission bits that an apply gives to what stands at a path already; undefined where it keeps its own. */
export function changedMode(before: Inode | undefined, after: Inode): number | undefined {
  if (before?.type === after.type && !hasOtherMode(before, after)) return undefined;
  return saidMode(after);
}

/** The mode of a file or symlink in git. */
export function gitModeOf(inode: Inode): "120000" | "100755" | "100644" {
  if (inode.type === "symlink") return "120000";
  return (modeOf(inode) & 0o100) === 0 ? "100644" : "100755";
}

/** Tells whether nothing changed but a mode, and none that git knows of. */
export function isSameForGit(
  change: ChangedEntry["change"],
  before: Inode | undefined,
  after: Inode | undefined,
): boolean {
  if (change !== "mode" || before === undefined || after === undefined) return false;
  return after.type === "directory" || gitModeOf(before) === gitModeOf(after);
}
