import { expect, test } from "vitest";

import type { Rule } from "../../src/rules/index.ts";
import { Workplace, guests, run } from "../run/support.ts";
import { eventsOf } from "./recorded.ts";

const noRemoval: Rule = {
  action: "deny",
  operations: ["remove"],
  paths: ["one"],
  error: "not-permitted",
};

test("a guest of WASI 0.1 is denied what a rule denies, and the log has it", async () => {
  using workplace = new Workplace();
  const { stdout, outcome } = await run(workplace, guests.files, ["hard-links"], {
    rules: [noRemoval],
  });
  expect(outcome.kind).toBe("exited");
  expect(stdout).toMatch(/unlink: .*(?:ermitted|63)/);
  const events = eventsOf(workplace.journal);
  expect(events.filter(({ kind }) => kind === "decision")).toMatchObject([
    { operation: "remove", path: "/one", action: "deny", rule: "deny remove one" },
  ]);
  expect(events.filter(({ kind }) => kind === "unlink")).toEqual([]);
});

test("one of WASI 0.2, and one of 0.3 as well", async () => {
  using workplace = new Workplace();
  const rules: Rule[] = [{ action: "deny", operations: ["create"] }];
  await run(workplace, guests.direct(), ["write-read"], { rules });
  const input = Buffer.from("o 1 0 a crw\n");
  const { stdout } = await run(workplace, guests.third, [], { rules, stdin: input });
  expect(stdout).toMatch(/access/);
  const events = eventsOf(workplace.journal);
  expect(events.flatMap((event) => (event.kind === "decision" ? [event.path] : []))).toEqual([
    "/direct.txt",
    "/a",
  ]);
  expect(events.some(({ kind }) => kind === "create")).toBe(false);
});

test("bytes that may not be read do not reach the guest's process", async () => {
  using workplace = new Workplace();
  await run(workplace, guests.third, [], {
    stdin: Buffer.from("o 1 0 a cw\nw 1 1 0\np 1 3 x\ne 1\n"),
  });
  const rules: Rule[] = [{ action: "deny", operations: ["read"], paths: ["a"] }];
  const input = Buffer.from("o 1 0 a r\n");
  const { stdout } = await run(workplace, guests.third, [], { rules, stdin: input });
  expect(stdout).toMatch(/access/);
});

test("with rules that allow all, a run's events are those without", async () => {
  const kinds = async (rules: readonly Rule[]) => {
    using workplace = new Workplace();
    await run(workplace, guests.files, ["rename-open"], { rules });
    return eventsOf(workplace.journal).map((event) => ({ ...event, time: 0n }));
  };
  const without = await kinds([]);
  expect(await kinds([{ action: "allow" }])).toEqual(without);
  expect(
    await kinds([
      { action: "allow", paths: ["**"] },
      { action: "deny", paths: ["x"] },
    ]),
  ).toEqual(without);
});
