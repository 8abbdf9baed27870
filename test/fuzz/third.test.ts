import fc from "fast-check";
import { expect, test } from "vitest";

import { verify } from "../../journal/index.ts";
import { profiles } from "../../src/fs/index.ts";
import { Workplace, guests, run } from "../run/support.ts";
import { Random, seedOf } from "../support/random.ts";
import { patience, scale } from "../support/scale.ts";
import { tried } from "../support/tried.ts";
import { type Spoken, ThirdCalls, mostFileBytes } from "./third-calls.ts";

const limits = { ...profiles.default, "file-bytes": mostFileBytes };
const callsAtOnce = 2_000;

test(
  "random calls and streams of a guest of WASI 0.3, cancelled and dropped at random, agree with an independent model",
  { timeout: patience(60_000) },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const calls = new ThirdCalls(new Random(seed));
        const spoken = Array.from({ length: callsAtOnce }, () => calls.next());
        using workplace = new Workplace();
        const stdin = Buffer.from(spoken.map(({ line }) => `${line}\n`).join(""));
        const made = await run(workplace, guests.third, [], { stdin, limits });
        expect(disagreement(spoken, made.stdout)).toBe("");
        expect(made.outcome).toEqual({ kind: "exited", exit: 0 });
        expect(verify(workplace.journal)).toMatchObject({ ok: true });
        tried("random calls of a guest of WASI 0.3", spoken.length);
      }),
      { numRuns: 2 * scale, seed: seedOf(), endOnFailure: true },
    );
  },
);

/** Returns the first call for which the guest and the model disagree, with those before it. */
function disagreement(spoken: readonly Spoken[], stdout: string): string {
  const lines = stdout.split("\n");
  const at = spoken.findIndex(({ answer }, index) => answer !== lines[index]);
  if (at < 0) return "";
  const before = spoken.slice(Math.max(0, at - 12), at + 1).map(({ line }) => line);
  return `call ${at}: the guest has ${lines[at]}, the model ${spoken[at]?.answer} after\n${before.join("\n")}`;
}
