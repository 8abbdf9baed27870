import fc from "fast-check";
import { expect, test } from "vitest";

import { ExpressionError, boundedExpression } from "../../../src/host/index.ts";
import { some } from "../../support/some.ts";

test("an expression that would try for ages ends, and the error names the file", () => {
  const hostile = `${"a".repeat(40)}b`;
  const bounded = boundedExpression(/(a+)+$/u, 0.2);
  expect(bounded.matching(["aaa", "b"], "/src/x")).toEqual([0]);
  const search = () => bounded.matching(["aaa", hostile, "aaa"], "/src/x");
  expect(search).toThrow(ExpressionError);
  expect(search).toThrow("/(a+)+$/ took more than 0.2 seconds on one line of /src/x");
});

test("each of these takes long on some line, and ends", () => {
  for (const [expression, line] of some([
    [/^(\w+\s?)*$/u, `${"word ".repeat(12)}!`],
    [/(x+x+)+y/u, "x".repeat(40)],
    [/^(?:a|a)*c/u, "a".repeat(40)],
    [/\s+\s+\s+\s+z/u, " ".repeat(20_000)],
  ] as const))
    expect(() => boundedExpression(expression, 0.1).matching([line], "/x")).toThrow(
      ExpressionError,
    );
});

test("each of these takes long on a line of few characters, and ends", () => {
  const choices = "(a|a)".repeat(30);
  for (const [expression, line] of some([
    [/(a|a|a|a|a|a)*b/u, "a".repeat(12)],
    [/((((a+)+)+)+)+b/u, "a".repeat(14)],
    [new RegExp(`^${choices}[bc]$`, "u"), `${"a".repeat(30)}bb`],
  ] as const))
    expect(() => boundedExpression(expression, 0.1).matching([line], "/x")).toThrow(
      ExpressionError,
    );
});

test("many lines, on each of which it ends, do not take for ever", () => {
  const lines = Array.from({ length: 1_000 }, () => "a".repeat(20));
  const bounded = boundedExpression(/^(?:(?:a|a)(?:a|a)){9}b/u, 0.05);
  const search = () => bounded.matching(lines, "/src/x");
  expect(search).toThrow("took more than 0.5 seconds on few lines of /src/x");
});

test("many lines, each of which is quick, take as long as they take", () => {
  const lines = Array.from({ length: 100 }, (_, index) => `${"b".repeat(2_000)}${index}`);
  const found = boundedExpression(/b+\d*5$/u, 0.1).matching(lines, "/x");
  expect(found).toHaveLength(10);
});

test("lines match as they do by themselves", () => {
  const pieces = ["a", "b", "a+", "(a|b)*", "[ab+]", ".", "b{1,3}", "(?:ab)?", String.raw`\w`];
  const source = fc.array(fc.constantFrom(...pieces), { maxLength: 4 }).map((all) => all.join(""));
  const lines = fc.array(fc.stringMatching(/^[abc ]{0,30}$/), { maxLength: 6 });
  fc.assert(
    fc.property(source, lines, (text, texts) => {
      const expression = new RegExp(text, "gu");
      const matching = boundedExpression(expression).matching(texts, "/x");
      const expected = texts.flatMap((one, index) => (one.search(expression) >= 0 ? [index] : []));
      expect(matching).toEqual(expected);
    }),
  );
});
