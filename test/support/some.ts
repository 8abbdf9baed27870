import { Random, seedOf } from "./random.ts";
import { scale } from "./scale.ts";

/**
 * Returns one of so many parts of the cases of one kind in a plain test run, another one each time, and at least one
 * case; all of them in the long form, and where `.ci/run` asks for them.
 */
export function some<Case>(all: readonly Case[], parts = 3): readonly Case[] {
  if (scale > 1 || process.env["REWINDFS_CASES"] === "all") return all;
  const kept = Math.min(parts, all.length);
  const turn = new Random(seedOf()).below(kept);
  return all.filter((_, index) => index % kept === turn);
}
