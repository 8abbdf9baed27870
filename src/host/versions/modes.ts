import type { Ino } from "../../../journal/index.ts";
import { type FileSystem, type Inode, hasOtherMode, modeOf } from "../../fs/index.ts";
import type { HostStat } from "../disk/host-stat.ts";
import type { ChangedEntry } from "./plan.ts";

/** Mode bits given to the host: only a file's owner decides that it runs with other rights than its caller's. */
export const permissions = 0o777;

/** Returns the mode of a host entry as events record it; nothing for a host without modes. */
export function modeOnHost({ mode }: Pick<HostStat, "mode">): { readonly mode?: number } {
  return process.platform === "win32" ? {} : { mode: Number(mode) & 0o7777 };
}

/**
 * Gives an inode the mode of the host entry; returns false if it was equal. An inode without a recorded mode that
 * matches its default stays so.
 */
export function setModeAsOnHost(fs: FileSystem, ino: Ino, stat: Pick<HostStat, "mode">): boolean {
  const inode = fs.inode(ino);
  const { mode } = modeOnHost(stat);
  if (inode === undefined || mode === undefined || modeOf(inode) === mode) return false;
  fs.perform({ kind: "set-mode", ino, mode });
  return true;
}

/** Returns the permission bits that somebody set on an inode, as the host is given them; undefined if nobody did. */
export function saidMode(inode: Inode): number | undefined {
  return inode.type === "symlink" || inode.mode === undefined
    ? undefined
    : inode.mode & permissions;
}

/**
 * Returns the mode with which a new file or directory is made on the host: nobody else can open it before it has its
 * final mode. Without a recorded mode the host's umask applies.
 */
export function modeToBegin(inode: Inode): number {
  if (saidMode(inode) === undefined) return modeOf(inode);
  return inode.type === "directory" ? 0o700 : 0o600;
}

/** Returns the permission bits that an apply gives to an existing entry; undefined if it keeps its own. */
export function changedMode(before: Inode | undefined, after: Inode): number | undefined {
  if (before?.type === after.type && !hasOtherMode(before, after)) return undefined;
  return saidMode(after);
}

/** Returns the mode of a file or symlink in git. */
export function gitModeOf(inode: Inode): "120000" | "100755" | "100644" {
  if (inode.type === "symlink") return "120000";
  return (modeOf(inode) & 0o100) === 0 ? "100644" : "100755";
}

/** Tells if only a mode changed, and not in a way that git records. */
export function isSameForGit(
  change: ChangedEntry["change"],
  before: Inode | undefined,
  after: Inode | undefined,
): boolean {
  if (change !== "mode" || before === undefined || after === undefined) return false;
  return after.type === "directory" || gitModeOf(before) === gitModeOf(after);
}
