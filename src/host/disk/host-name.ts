import { type Inode, utf8Length } from "../../fs/index.ts";

/** No file system in use takes longer names. */
const longestName = 255;
const longestTarget = 4_095;

/**
 * Returns why no entry on this host can have that name, without asking the host: it is empty, it would lead elsewhere,
 * or on Windows some of its characters separate folders or name devices. Undefined if nothing is wrong with it.
 */
export function nameProblem(
  name: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (!isSingleName(name)) return "that is no name";
  if (!name.isWellFormed()) return "its name is no UTF-8";
  if (utf8Length(name) > longestName) return "the name is too long for this host";
  if (platform !== "win32") return undefined;
  const isLegal =
    !/[\\:*?"<>|\p{Cc}]/u.test(name) &&
    !/[. ]$/.test(name) &&
    !/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(name);
  return isLegal ? undefined : "Windows cannot hold such a name";
}

/** Returns why a name that is no UTF-8, or a link to one, stays in the journal; undefined for all others. */
export function bytesProblem(name: string, inode: Inode): string | undefined {
  if (!name.isWellFormed()) return "its name is no UTF-8";
  const isOdd = inode.type === "symlink" && !inode.target.isWellFormed();
  return isOdd ? "its target is no UTF-8" : undefined;
}

/** Returns why an inode stays in the journal; undefined for files, directories and symlinks. */
export function typeProblem(inode: Inode | undefined): string | undefined {
  if (inode?.type === "fifo") return "it is a named pipe, at which programs would wait";
  return inode?.type === "socket" ? "it is a socket, behind which is no program" : undefined;
}

/** Tells if a text names an entry of a directory, and cannot lead anywhere else. */
export function isSingleName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
}

/** Returns why no host can have a symlink with that target; undefined if hosts can. */
export function targetProblem(target: string): string | undefined {
  if (target === "" || target.includes("\0")) return "its target is no path";
  if (!target.isWellFormed()) return "its target is no UTF-8";
  return utf8Length(target) > longestTarget ? "its target is too long for this host" : undefined;
}
