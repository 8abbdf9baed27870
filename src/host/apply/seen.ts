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
  return `${format} ${stat.size} ${stat.mtimeNs}`;
}
