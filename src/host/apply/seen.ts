import type { HostDirectory } from "../disk/directory.ts";

/** An entry's state when it was compared, without its content: enough to tell if it was changed since. */
export type Seen = string;

/** Reads the state of the host's entry of that name. Directories are equal whatever their entries. */
export function seenOf(host: HostDirectory, name: string): Seen {
  const stat = host.stat(name);
  if (stat === undefined) return "nothing";
  if (stat.isDirectory()) return "directory";
  // The inode's number is omitted: file systems in user space may renumber an entry at any time.
  const format = stat.mode & 0o170000n;
  return `${format} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

/**
 * Tells if two states differ only in the time of the last change to the entry's record: another name of it came or went,
 * or somebody put its other time back. Its content may be another.
 */
export function isOnlyTouched(one: Seen, other: Seen): boolean {
  return one !== other && withoutChange(one) === withoutChange(other);
}

function withoutChange(seen: Seen): string {
  return seen.slice(0, seen.lastIndexOf(" "));
}
