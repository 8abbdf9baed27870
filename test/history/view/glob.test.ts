import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { GlobError, globMatcher, isGlob } from "../../../src/history/index.ts";

describe("a glob", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ["*.sql", ["/a.sql", "/d/e/a.sql", "/a.sql/below"], ["/a.sqlx", "/sql"]],
    ["/src/**", ["/src", "/src/a", "/src/a/b"], ["/other/src", "/srcs"]],
    ["src/*/a?", ["/src/x/ab", "/src/x/ab/c"], ["/src/ab", "/src/x/y/ab", "/src/x/abc"]],
    ["**/test/*.js", ["/test/a.js", "/x/y/test/a.js"], ["/test/d/a.js"]],
    [".env", ["/.env", "/a/.env"], ["/xenv", "/.env.local"]],
    ["/", ["/", "/a"], []],
    ["[a-c]x", ["/ax", "/d/cx"], ["/dx", "/x"]],
    ["[!a-c]x", ["/dx"], ["/ax", "/x"]],
    ["[]a]", ["/]", "/a"], ["/[]a]"]],
    ["[a", ["/[a"], ["/a"]],
    ["\\*", ["/*"], ["/a"]],
    ["\\[x\\].py", ["/[x].py"], ["/x.py"]],
    ["/{src,lib/{a,b}}/*.{ts,js}", ["/src/x.ts", "/lib/b/x.js"], ["/lib/x.ts", "/src/x.py"]],
    ["{a}", ["/{a}"], ["/a"]],
    ["{a,b", ["/{a,b"], ["/a"]],
    ["\\{a,b}", ["/{a,b}"], ["/a"]],
    ["x{,y}", ["/x", "/xy"], ["/xz"]],
    ["a?b", ["/a\u{1f600}b"], ["/ab"]],
  ])("%s fits", (glob, fitting, others) => {
    const fits = globMatcher(glob);
    expect(fitting.filter((path) => !fits(path))).toEqual([]);
    expect(others.filter(fits)).toEqual([]);
  });

  it("fits what the same pattern fits that tries everything", () => {
    const sign = fc.constantFrom("a", "b", "*", "?", "/", "**", "/**/");
    const name = fc.constantFrom("a", "b", "/");
    fc.assert(
      fc.property(
        fc.array(sign, { maxLength: 8 }),
        fc.array(name, { maxLength: 8 }),
        (one, other) => {
          const [glob, path] = [`/${one.join("")}`, `/${other.join("")}`];
          expect(globMatcher(glob)(path)).toBe(slowly(glob, path));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("costs little, whatever it is", () => {
    expect(globMatcher(`/${"*a".repeat(500)}b`)(`/${"a".repeat(4_000)}`)).toBe(false);
    expect(globMatcher(`${"/**/a".repeat(200)}/b`)("/a".repeat(2_000))).toBe(false);
  });
});

it("tells patterns from paths", () => {
  for (const glob of ["*", "a?", "[ab]", "{a,b}", "/a/**/b"])
    expect([glob, isGlob(glob)]).toEqual([glob, true]);
  for (const path of ["a", "/a/b", "\\*", "[a", "{a}"])
    expect([path, isGlob(path)]).toEqual([path, false]);
});

it("refuses braces that stand for too much", () => {
  expect(() => globMatcher("{a,b}".repeat(9))).not.toThrow();
  expect(() => globMatcher("{a,b}".repeat(40))).toThrow(GlobError);
});

/** Fits by trying each way, for short texts. */
function slowly(glob: string, path: string): boolean {
  const split = (text: string) => text.split("/").filter((name) => name !== "");
  const pattern = split(glob);
  const whole = /\/./.test(glob) ? pattern : ["**", ...pattern];
  const each = (left: readonly string[], right: readonly string[]): boolean => {
    const [first, ...rest] = left;
    if (first === undefined) return true;
    if (first === "**")
      return each(rest, right) || (right.length > 0 && each(left, right.slice(1)));
    const [name, ...others] = right;
    return name !== undefined && one(first, name) && each(rest, others);
  };
  const one = (left: string, right: string): boolean => {
    if (left === "") return right === "";
    if (left.startsWith("*"))
      return one(left.slice(1), right) || (right !== "" && one(left, right.slice(1)));
    return (
      right !== "" &&
      (left.startsWith("?") || left[0] === right[0]) &&
      one(left.slice(1), right.slice(1))
    );
  };
  return each(whole, split(path));
}
