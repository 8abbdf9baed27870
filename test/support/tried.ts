import { appendFileSync } from "node:fs";

/** Tells the long form how much of something was tried: it adds up what the tests tell, and prints the sums. */
export function tried(what: string, count: number): void {
  const file = process.env["REWINDFS_TRIED"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what, count })}\n`);
}
