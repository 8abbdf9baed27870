import type { BigIntStats } from "node:fs";

/** Identifies an inode of the host. */
export function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
