import { randomBytes } from "node:crypto";

/** Returns a name for a file that replaces another once it is complete. */
export function temporaryName(): string {
  return `.rewindfs-apply-${randomBytes(8).toString("hex")}`;
}

/** Tells if an interrupted apply left a file of that name. */
export function isOfApply(name: string): boolean {
  return /^\.rewindfs-(?:apply-)?[0-9a-f]{16}$/.test(name);
}
