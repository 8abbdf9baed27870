import type { HostDirectory } from "../disk/directory.ts";

/** What stood under a name when it was compared, as far as that tells whether it was changed since: no content. */
export type Seen = string;

/** Looks at what the host has under a name. Directories are the same whatever is in them. */
export function seenOf(host: HostDirectory, name: string): Seen {
  const stat = host.stat(name);
  if (stat === undefined) return "nothing";
  if (stat.isDirectory()) return "directory";
  // No number of the inode: file systems in user space number an entry anew at any time.
  const format = stat.mode & 0o170000n;
  return `${format} ${stat.size} ${stat.mtimeNs}`;
}
