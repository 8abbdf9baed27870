import { expect, test } from "vitest";

import { type Rule, parseRules, ruleText } from "../../src/rules/index.ts";
import { type Ruled, decisionsIn, ruled, tried } from "./ruled.ts";
import { hooks, repository, ways } from "./ways.ts";

const secrets: Rule = { action: "deny", operations: ["read"], paths: ["secrets/**", "*.pem"] };

test.each(ways)("what is out of reach is not reached by %s", (_, attack) => {
  const free = ruled([], repository);
  expect(["done", "not-empty"]).toContain(tried(() => attack(free)));
  const held = ruled([hooks], repository);
  const refused = tried(() => attack(held));
  expect(["access", "not-empty"]).toContain(refused);
  if (refused === "access") expect(decisionsIn(held.journal)[0]).toMatch(/^deny /);
});

test("a directory that is not there yet cannot be put there whole, nor be led elsewhere by a link", () => {
  const empty = ({ mkdir, write }: Ruled): void => {
    mkdir("x");
    mkdir("x/hooks");
    write("x/hooks/new");
  };
  const one = ruled([hooks], empty);
  expect(tried(() => one.rename("x", ".git"))).toBe("access");
  expect(tried(() => one.symlink("x", ".git"))).toBe("access");
  one.symlink("x", "elsewhere");
  expect(tried(() => one.rename("elsewhere", ".git"))).toBe("access");
  one.mkdir(".git");
  expect(tried(() => one.rename("x/hooks", ".git/hooks"))).toBe("access");
  expect(tried(() => one.exchange("x", ".git"))).toBe("access");
});

test("a file that may not be read is not read by moving it out of the rule's paths", () => {
  const held = ruled([secrets], ({ mkdir, write, link }) => {
    mkdir("secrets");
    write("secrets/key", "k");
    write("secrets/two", "t");
    link("secrets/two", "two");
    write("a.pem");
    mkdir("d");
    write("d/b.pem");
  });
  expect(tried(() => held.read("secrets/key"))).toBe("access");
  expect(tried(() => held.rename("secrets/key", "key"))).toBe("access");
  expect(tried(() => held.link("secrets/key", "key"))).toBe("done");
  expect(tried(() => held.read("key"))).toBe("access");
  expect(tried(() => held.unlink("secrets/key"))).toBe("access");
  expect(tried(() => held.rename("secrets", "s"))).toBe("access");
  expect(tried(() => held.rename("secrets/key", "secrets/other"))).toBe("done");
  expect(tried(() => held.rename("a.pem", "a.txt"))).toBe("access");
  expect(tried(() => held.rename("d", "e"))).toBe("done");
  expect(tried(() => held.read("e/b.pem"))).toBe("access");
  // A file with names within and without: as long as one is within, it is out of reach.
  expect(tried(() => held.read("two"))).toBe("access");
  expect(tried(() => held.unlink("secrets/two"))).toBe("access");
  expect(tried(() => held.unlink("two"))).toBe("done");
});

test("the first rule that fits counts, and a call that touches several paths is as strict as the strictest", () => {
  const held = ruled(
    [
      { action: "allow", paths: ["src/**"] },
      { action: "deny", operations: ["create", "write", "remove", "rename"], error: "read-only" },
    ],
    ({ mkdir, write }) => {
      mkdir("src");
      write("src/a");
      write("b");
    },
  );
  expect(tried(() => held.write("src/a"))).toBe("done");
  expect(tried(() => held.write("b"))).toBe("read-only");
  expect(tried(() => held.rename("src/a", "src/c"))).toBe("done");
  expect(tried(() => held.rename("src/c", "c"))).toBe("read-only");
  expect(tried(() => held.rename("b", "src/b"))).toBe("read-only");
  expect(tried(() => held.write("SRC"))).toBe("read-only");
  expect(tried(() => held.read("b"))).toBe("done");
});

test("a count fits beyond so many calls within a span of the run's time", () => {
  const held = ruled(
    [{ action: "deny", operations: ["remove"], beyond: { count: 2, seconds: 60 } }],
    ({ write }) => ["a", "b", "c", "d"].forEach((name) => write(name)),
  );
  expect(["a", "b", "c"].map((name) => tried(() => held.unlink(name)))).toEqual([
    "done",
    "done",
    "access",
  ]);
  held.clock.seconds += 59;
  expect(tried(() => held.unlink("c"))).toBe("access");
  held.clock.seconds += 2;
  expect(tried(() => held.unlink("c"))).toBe("done");
});

test("a size fits files that are larger or become so, in a directory that is moved, too", () => {
  const held = ruled(
    [{ action: "deny", largerThan: 10, paths: ["out/**"] }],
    ({ mkdir, write }) => {
      mkdir("out");
      mkdir("in");
      write("in/large", "x".repeat(11));
      write("out/small");
    },
  );
  expect(tried(() => held.write("out/small", "x".repeat(10)))).toBe("done");
  expect(tried(() => held.write("out/small", "x".repeat(11)))).toBe("access");
  expect(tried(() => held.rename("in/large", "out/large"))).toBe("access");
  expect(tried(() => held.rename("in", "out/in"))).toBe("access");
});

test("denials of the same kind are told once, and counted at the end", () => {
  const held = ruled([hooks], repository);
  for (let time = 0; time < 5; time += 1) tried(() => held.write(".git/hooks/old"));
  tried(() => held.unlink(".git/hooks/old"));
  expect(decisionsIn(held.journal)).toEqual([
    "deny write /.git/hooks/old",
    "deny remove /.git/hooks/old",
  ]);
  held.fs.end({ exit: 0 });
  expect(decisionsIn(held.journal).slice(2)).toEqual(["deny write /.git/hooks/old ×4"]);
});

test("a mark lets a call go ahead, and is a place to be found", () => {
  const held = ruled([{ action: "mark", operations: ["remove"] }], ({ write }) => write("a"));
  held.unlink("a");
  expect(
    held.journal
      .events(1, held.journal.head())
      .slice(-2)
      .map(({ kind }) => kind),
  ).toEqual(["decision", "unlink"]);
});

test("a rule's text has the words that the rule was written with", () => {
  const textOf = (...operations: string[]) =>
    parseRules([{ action: "deny", paths: ["a"], operations }]).map(ruleText);
  expect(textOf("read", "change")).toEqual(["deny read,change a"]);
  expect(textOf("change")).toEqual(["deny change a"]);
  expect(textOf("write", "read")).toEqual(["deny write,read a"]);
});
