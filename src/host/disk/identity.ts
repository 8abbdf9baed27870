import type { BigIntStats } from "node:fs";

/** What tells one inode of the host from another. */
export function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
