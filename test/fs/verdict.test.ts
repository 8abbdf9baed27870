import { expect, test } from "vitest";

import { isDenial, verdictOf } from "../../src/fs/index.ts";

test.each([
  "not-permitted",
  "quota",
  "insufficient-space",
  "insufficient-memory",
  "too-many-links",
])("%s is a refusal", (error) => {
  expect(verdictOf({ error })).toBe("refused");
});

test.each(["exist", "no-entry", "not-empty", "not-directory", "is-directory", "loop", "any"])(
  "%s is a failure, unless a limit was hit",
  (error) => {
    expect(verdictOf({ error })).toBe("failed");
    expect(verdictOf({ error, limit: "link-depth" })).toBe("refused");
  },
);

test("a call is denied by a rule, and by each answer but yes", () => {
  const actions = [
    "deny",
    "mark",
    "any",
    ...["allow", "deny", "stop", "fork"].map((said) => `ask -> ${said}`),
  ];
  expect(actions.filter(isDenial)).toEqual([
    "deny",
    "any",
    "ask -> deny",
    "ask -> stop",
    "ask -> fork",
  ]);
});
