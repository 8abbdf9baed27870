import type { BigIntStats } from "node:fs";

import type { Ino } from "../../../journal/index.ts";
import type { FileSystem } from "../../fs/index.ts";
import { clamp, sameTime } from "../disk/times.ts";

/**
 * Gives an inode the times of the host entry; returns false if they were equal. With "mtime" a mere access or less than
 * a microsecond is no difference.
 */
export function setTimesAsOnHost(
  fs: FileSystem,
  ino: Ino,
  stat: BigIntStats,
  compare: "both" | "mtime",
): boolean {
  const atime = clamp(stat.atimeNs);
  const mtime = clamp(stat.mtimeNs);
  const inode = fs.inode(ino);
  if (inode?.mtime === mtime && inode.atime === atime) return false;
  // An apply sets times as exactly as Node can.
  if (compare === "mtime" && inode !== undefined && sameTime(inode.mtime, mtime)) return false;
  fs.perform({ kind: "set-times", ino, atime, mtime });
  return true;
}
