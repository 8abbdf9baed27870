import { expect, test } from "vitest";
import { profiles } from "../../src/fs/index.ts";
import { Workplace, guests, run } from "../run/support.ts";

test("a guest that prints too much is told so", async () => {
  using workplace = new Workplace();
  const limits = { ...profiles.default, "output-bytes": 100_000 };
  const ran = await run(workplace, guests.files, ["acknowledge", "100000"], { limits });
  expect(ran.stdout.length).toBeLessThanOrEqual(100_000);
  expect(ran.outcome).toEqual({ kind: "exited", exit: 1 });
});
