import { expect, test } from "vitest";

import { Budget, BudgetError, grep, lookup, tapeOf, walk } from "../../../src/history/index.ts";
import { openRecording } from "../../support/recording.ts";

test("each bound ends what passes it, names itself and says how to raise it", () => {
  let now = 0;
  const budget = (bounds: object) => new Budget("the export", bounds, () => now);
  const spent = {
    paths: () => [1, 1, 1].forEach((depth) => budgets.paths.path(depth)),
    depth: () => budgets.depth.path(3),
    bytes: () => [1, 2].forEach((count) => budgets.bytes.bytes(count)),
    zeros: () => [2, 1].forEach((count) => budgets.zeros.zeros(count)),
    seconds: () => ((now = 3_000), budgets.seconds.bytes(1)),
  };
  const budgets = {
    paths: budget({ paths: 2 }),
    depth: budget({ depth: 2 }),
    bytes: budget({ bytes: 2 }),
    zeros: budget({ zeros: 2 }),
    seconds: budget({ seconds: 2 }),
  };
  for (const [code, spend] of Object.entries(spent)) {
    expect(spend).toThrow(BudgetError);
    expect(spend).toThrow(
      expect.objectContaining({ code, hint: expect.stringContaining(`--limit ${code}=4`) }),
    );
  }
});

test("what is just within a bound is not ended", () => {
  const budget = new Budget("the walk", { paths: 2, depth: 1, bytes: 3, zeros: 3 });
  budget.path(0);
  budget.path(1);
  budget.bytes(3);
  budget.zeros(3);
});

test("walks and searches spend what they come by", () => {
  const { history, journal, recorder: r } = openRecording();
  r.run("write", [], () => {
    r.mkdir("/d");
    r.write("/d/f", "text");
    r.write("/hole", "x", 1_000);
  });
  const tree = history.at(journal.head());
  const top = lookup(tree, "/");
  if (top === undefined) throw new Error("there is no root");
  const walked = (bounds: object) => [
    ...walk(tree, top, "/", { budget: new Budget("the walk", bounds) }),
  ];
  expect(walked({ paths: 4, depth: 2 })).toHaveLength(4);
  expect(() => walked({ paths: 3 })).toThrow("there are more than 3 paths");
  expect(() => walked({ depth: 1 })).toThrow("nested more than 1 deep");
  const search = (bounds: object) => [
    ...grep(tree, "/", "text", tapeOf(journal), new Budget("the search", bounds)),
  ];
  expect(search({ zeros: 1_000, bytes: 5 })).toHaveLength(1);
  expect(() => search({ zeros: 999 })).toThrow("more than 999 bytes of zeros");
  expect(() => search({ bytes: 4 })).toThrow("more than 4 bytes");
});
