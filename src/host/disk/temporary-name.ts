import { randomBytes } from "node:crypto";

/** A name for a file that takes another's place when it is whole. */
export function temporaryName(): string {
  return `.rewindfs-apply-${randomBytes(8).toString("hex")}`;
}

/** Tells whether a file of that name was left behind by an apply that was cut short. */
export function isOfApply(name: string): boolean {
  return /^\.rewindfs-(?:apply-)?[0-9a-f]{16}$/.test(name);
}
