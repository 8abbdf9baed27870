import { expect, test } from "vitest";

import type { Event, RunNumber, Seq } from "../../../journal/index.ts";
import {
  type Criteria,
  formatCriteria,
  matcherFor,
  parseCriteria,
} from "../../../tui/state/find.ts";

const stamp = { seq: 1 as Seq, time: 0n, run: 2 as RunNumber };
const write = (path: string): Event =>
  ({ kind: "write", ino: 5, path, offset: 0, length: 1, tape: 0, ...stamp }) as Event;
const rename = (path: string, to: string): Event =>
  ({
    kind: "rename",
    ino: 5,
    path,
    to,
    parent: 1,
    name: "a",
    toParent: 1,
    toName: "b",
    ...stamp,
  }) as Event;
const refused = (path: string): Event =>
  ({
    kind: "fail",
    operation: "open-at",
    path,
    error: "not-permitted",
    count: 1,
    ...stamp,
  }) as Event;

const matches = (text: string, event: Event): boolean =>
  matcherFor(criteria(text), () => false)(event);

function criteria(text: string): Criteria {
  const parsed = parseCriteria(text);
  if (parsed.kind !== "criteria") throw new Error(`${text} is ${parsed.kind}`);
  return parsed.criteria;
}

test("a pattern without a slash is a name at any depth, and selects what lies below it", () => {
  expect(matches("path:*.json", write("/a/b.json"))).toBe(true);
  expect(matches("path:a", write("/x/a/b"))).toBe(true);
  expect(matches("path:*.json", write("/a/b.json5"))).toBe(false);
});

test("a pattern with a slash begins at the root", () => {
  expect(matches("path:/a/*", write("/a/b"))).toBe(true);
  expect(matches("path:a/*.js", write("/a/b.js"))).toBe(true);
  expect(matches("path:/a/*", write("/x/a/b"))).toBe(false);
  expect(matches("path:/a/**", write("/a/b/c"))).toBe(true);
});

test("what was refused is found by the path that the guest gave", () => {
  expect(matches("path:passwd", refused("../../etc/passwd"))).toBe(true);
});

test("a name is found at any depth, the root too", () => {
  for (const path of ["/log.txt", "/a/log.txt", "/a/b/log.txt", "/log.txt/below"])
    expect(matches("path:log.txt", write(path))).toBe(true);
  expect(matches("path:log.txt", write("/my-log.txt"))).toBe(false);
  expect(matches("path:**/log.txt", write("/log.txt"))).toBe(true);
});

test("a rename is found by both of its names", () => {
  expect(matches("path:/old", rename("/old", "/new"))).toBe(true);
  expect(matches("path:/new", rename("/old", "/new"))).toBe(true);
});

test("parts narrow; operations, runs and error codes", () => {
  expect(matches("op:write,rename run:2 path:/a", write("/a"))).toBe(true);
  expect(matches("op:unlink", write("/a"))).toBe(false);
  expect(matches("run:3", write("/a"))).toBe(false);
  expect(matches("error:not-permitted", refused("/a"))).toBe(true);
  expect(matches("error:exist", refused("/a"))).toBe(false);
});

test("by: asks which process did it", () => {
  const isBy = (_: Event, process: string) => process === "npm";
  const test = (text: string) => matcherFor(criteria(text), isBy)(write("/a"));
  expect([test("by:npm"), test("by:make"), test("-by:npm"), test('by:"npm" op:read')]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test("a bare word is a part of the path, and capitals count only where there are some", () => {
  expect(matches("build", write("/app/Build/x"))).toBe(true);
  expect(matches("BUILD", write("/app/Build/x"))).toBe(false);
  expect(matches('"a b"', write("/x/a b/c"))).toBe(true);
});

test("a minus turns a part round", () => {
  expect(matches("-op:write", write("/a"))).toBe(false);
  expect(matches("-path:*.js op:write", write("/a.ts"))).toBe(true);
});

test("what makes no sense is said, and nothing is nothing", () => {
  expect(parseCriteria("  ").kind).toBe("nothing");
  expect(parseCriteria("op:fly")).toMatchObject({
    kind: "wrong",
    message: expect.stringContaining("fly"),
  });
  expect(parseCriteria("size:3")).toMatchObject({ kind: "wrong" });
  expect(parseCriteria("run:x")).toMatchObject({ kind: "wrong" });
});

test.each(["path:*.json op:write,rename run:2", 'path:"a b" -op:read', "error:exist build"])(
  "%s is typed again as it is formatted",
  (text) => {
    const once = criteria(text);
    expect(criteria(formatCriteria(once))).toEqual(once);
  },
);
