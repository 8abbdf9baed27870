import { appendFileSync } from "node:fs";

/** Reports to the long form how much was tried: it adds up the numbers of the tests, and prints the sums. */
export function tried(what: string, count: number): void {
  const file = process.env["REWINDFS_TRIED"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what, count })}\n`);
}
