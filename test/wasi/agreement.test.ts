import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";

import { openRandomWorld } from "../support/model/random-world.ts";
import { seedOf } from "../support/random.ts";
import { attempts } from "../support/scale.ts";

test("random calls agree with an independent model, one by one, error codes included", () => {
  const seed = seedOf();
  for (let round = 0; round < attempts(15); round += 1) expectAgreement(seed + round, 3_000);
});

function expectAgreement(seed: number, calls: number): void {
  const world = openRandomWorld(seed);
  const trace: string[] = [];
  for (let call = 0; call < calls; call += 1) {
    const { text, real, model } = world.step();
    trace.push(`${text} => ${show(real)}`);
    if (isDeepStrictEqual(real, model)) continue;
    const before = trace.slice(-15).join("\n");
    expect.fail(`seed ${seed}, call ${call}: the model says ${show(model)} after\n${before}`);
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "bigint" ? `${part}n` : part,
  );
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
