import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { findingsIn } from "../../src/findings/index.ts";
import { globMatcher } from "../../src/findings/glob.ts";
import { openRecording } from "../support/recording.ts";

describe("a rule of one's own", () => {
  const recorded = () => {
    const { history, recorder: step } = openRecording();
    step.run("app", [], () => {
      step.mkdir("/src");
      step.write("/src/pay.ts", "x");
      step.write("/src/other.ts", "x");
      step.rename("/src/other.ts", "/src/pay2.ts");
      step.refuse("open-at", "../etc/passwd");
      step.write("/.bashrc", "x");
    });
    return history;
  };
  const found = async (rule: object) => {
    const rules = [{ name: "mine", reason: "is mine", paths: ["/src/pay*"], ...rule }];
    const { findings } = await findingsIn(recorded(), { rules });
    return findings
      .filter(({ rule: name }) => name === "own:mine")
      .map(({ level, path, seq }) => `${level} ${seq} ${path}`);
  };

  it("finds each path that was changed, once, with the first event on it", async () => {
    expect(await found({})).toEqual(["medium 3 /src/pay.ts", "medium 7 /src/pay2.ts"]);
  });

  it("finds the operations that it names, and calls that were refused", async () => {
    expect(await found({ operations: ["write"], level: "high" })).toEqual(["high 4 /src/pay.ts"]);
    expect(await found({ operations: ["refused"], paths: ["passwd"] })).toEqual([
      "medium 8 ../etc/passwd",
    ]);
    expect(await found({ operations: ["failed"], paths: ["passwd"] })).toEqual([]);
  });

  it("stands behind ours of the same level", async () => {
    const rules = [{ name: "all", reason: "is all", level: "high" as const, paths: ["**"] }];
    const { findings } = await findingsIn(recorded(), { rules });
    const high = findings.filter(({ level }) => level === "high").map(({ rule }) => rule);
    expect(high.slice(0, 2)).toEqual(["escape", "tool-file"]);
    expect(new Set(high.slice(2))).toEqual(new Set(["own:all"]));
  });
});

describe("a glob", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ["*.sql", ["/a.sql", "/d/e/a.sql", "/a.sql/below"], ["/a.sqlx", "/sql"]],
    ["/src/**", ["/src", "/src/a", "/src/a/b"], ["/other/src", "/srcs"]],
    ["src/*/a?", ["/src/x/ab", "/src/x/ab/c"], ["/src/ab", "/src/x/y/ab", "/src/x/abc"]],
    ["**/test/*.js", ["/test/a.js", "/x/y/test/a.js"], ["/test/d/a.js"]],
    [".env", ["/.env", "/a/.env"], ["/xenv", "/.env.local"]],
    ["/", ["/", "/a"], []],
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
