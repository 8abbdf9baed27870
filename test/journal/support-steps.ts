import type { Draft } from "../../journal/index.ts";

/** The start of a run with hostile environment names and limits. */
export const runStart: Draft = {
  kind: "run-start",
  cause: "library",
  guest: "test",
  args: ["-c", "print('hello')\n"],
  environment: ["HOME", "__proto__"],
  digest: "ab".repeat(32),
  limits: new Map([
    ["total-bytes", Number.POSITIVE_INFINITY],
    ["__proto__", 1],
    ["wall-seconds", 1.5],
  ]),
};
