import fc from "fast-check";
import { expect, test } from "vitest";

import { verify } from "../../journal/index.ts";
import { profiles } from "../../src/fs/index.ts";
import { Workplace, run } from "../run/support.ts";
import { adapt } from "../support/adapted.ts";
import { seedOf } from "../support/random.ts";
import { patience, scale } from "../support/scale.ts";
import { tried } from "../support/tried.ts";
import { some } from "../support/some.ts";
import { type Call, call, mostFileBytes, spell } from "./calls.ts";
import { foretell } from "./foretell.ts";

const program = new URL("../guests/preview1/calls.wasm", import.meta.url).pathname;
const limits = { ...profiles.default, "file-bytes": mostFileBytes };
const callsAtOnce = 2_000;

/** Ways from the program's calls to the host's: its own imports, or those of a component made from it. */
const ways = [
  { way: "as it is", runs: 2, isAdapted: false, marshalling: "core" },
  { way: "through adapter and core functions", runs: 1, isAdapted: true, marshalling: "core" },
  { way: "through adapter and jco's glue", runs: 1, isAdapted: true, marshalling: "glue" },
] as const;

test.each(some(ways, 2))(
  "random calls of a real guest agree with an independent model: $way",
  { timeout: patience(90_000) + 30_000 },
  async ({ runs, isAdapted, marshalling }) => {
    const seed = seedOf();
    using workplace = new Workplace();
    const guest = isAdapted ? workplace.path("calls.wasm") : program;
    if (isAdapted) await adapt(program, guest);
    await fc.assert(
      fc.asyncProperty(
        fc.array(call, { minLength: callsAtOnce, maxLength: callsAtOnce, size: "max" }),
        async (calls) => {
          using place = new Workplace();
          // docs/preview1.md: the adapter reads where it last read, not where it last wrote, unless it seeks.
          const args = isAdapted ? ["seek"] : [];
          const made = await run(place, guest, args, { stdin: spell(calls), limits, marshalling });
          expect(made.outcome).toEqual({ kind: "exited", exit: 0 });
          expect(disagreement(calls, made.stdout)).toBe("");
          expect(verify(place.journal)).toMatchObject({ ok: true });
          tried("random calls of a guest", calls.length);
        },
      ),
      {
        numRuns: runs * scale,
        seed,
        interruptAfterTimeLimit: 30_000 * scale,
        markInterruptAsFailure: false,
      },
    );
  },
);

/** Returns the first call for which the guest and the model disagree, with those before it. */
function disagreement(calls: readonly Call[], stdout: string): string {
  const lines = stdout.split("\n");
  const expected = foretell(calls);
  const first = expected.findIndex((line, index) => line !== lines[index]);
  if (first < 0) return "";
  const before = calls.slice(Math.max(0, first - 8), first + 1).map((one) => JSON.stringify(one));
  return `call ${first}: the guest has ${lines[first]}, the model ${expected[first]} after\n${before.join("\n")}`;
}
