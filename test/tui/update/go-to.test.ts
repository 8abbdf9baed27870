import { expect, test } from "vitest";

import { onDayOf, parseTarget } from "../../../tui/update/go-to.ts";

test.each([
  ["412907", { kind: "seq", seq: 412_907 }],
  ["#412,907", { kind: "seq", seq: 412_907 }],
  ["+10", { kind: "events", count: 10 }],
  ["-10", { kind: "events", count: -10 }],
  ["-5s", { kind: "span", nanoseconds: -5_000_000_000n }],
  ["+2m30s", { kind: "span", nanoseconds: 150_000_000_000n }],
  ["-20ms", { kind: "span", nanoseconds: -20_000_000n }],
  ["50%", { kind: "percent", percent: 50 }],
  ["250%", { kind: "percent", percent: 100 }],
  ["14:03:07.214", { kind: "clock", milliseconds: 50_587_214 }],
  ["14:03:07", { kind: "clock", milliseconds: 50_587_999 }],
  ["14:03", { kind: "clock", milliseconds: 50_639_999 }],
  ["@-2", { kind: "revision", text: "@-2" }],
  ["run:2^", { kind: "revision", text: "run:2^" }],
  ["25:00", { kind: "revision", text: "25:00" }],
  ["2026-11-24T06:00:00Z", { kind: "revision", text: "2026-11-24T06:00:00Z" }],
])("%s", (text, target) => {
  expect(parseTarget(text)).toEqual(target);
});

test("nothing typed goes nowhere", () => {
  expect(parseTarget("  ")).toBeUndefined();
});

test("a time of day is on the day of the moment that is shown", () => {
  const time = BigInt(new Date(2026, 10, 24, 6, 0, 0).getTime()) * 1_000_000n;
  const found = new Date(Number(onDayOf(time, 50_587_214) / 1_000_000n));
  expect([found.getDate(), found.getHours(), found.getSeconds(), found.getMilliseconds()]).toEqual([
    24, 14, 7, 214,
  ]);
});
