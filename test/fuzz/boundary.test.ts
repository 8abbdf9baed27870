import fc from "fast-check";
import { expect, test } from "vitest";

import { verify } from "../../journal/index.ts";
import { profiles } from "../../src/fs/index.ts";
import { Workplace, run } from "../run/support.ts";
import { seedOf } from "../support/random.ts";
import { patience, scale } from "../support/scale.ts";
import { type Call, call, foretell, mostFileBytes, spell } from "./calls.ts";

const guest = new URL("../guests/calls.wasm", import.meta.url).pathname;
const limits = { ...profiles.default, "file-bytes": mostFileBytes };
const callsAtOnce = 2_000;

test(
  "random calls of a real guest, through adapter and marshalling, agree with an independent model",
  { timeout: patience(90_000) + 30_000 },
  async () => {
    const seed = seedOf();
    await fc.assert(
      fc.asyncProperty(
        fc.array(call, { minLength: callsAtOnce, maxLength: callsAtOnce, size: "max" }),
        async (calls) => {
          using place = new Workplace();
          const made = await run(place, guest, [], { stdin: spell(calls), limits });
          expect(made.outcome).toEqual({ kind: "exited", exit: 0 });
          expect(disagreement(calls, made.stdout)).toBe("");
          expect(verify(place.journal)).toMatchObject({ ok: true });
        },
      ),
      {
        numRuns: 3 * scale,
        seed,
        interruptAfterTimeLimit: 30_000 * scale,
        markInterruptAsFailure: false,
      },
    );
  },
);

/** The first call of which the guest and the model say different things, with those before it. */
function disagreement(calls: readonly Call[], stdout: string): string {
  const lines = stdout.split("\n");
  const expected = foretell(calls);
  const first = expected.findIndex((line, index) => line !== lines[index]);
  if (first < 0) return "";
  const before = calls.slice(Math.max(0, first - 8), first + 1).map((one) => JSON.stringify(one));
  return `call ${first}: the guest has ${lines[first]}, the model ${expected[first]} after\n${before.join("\n")}`;
}
