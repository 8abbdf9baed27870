import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { printable, printableName, unprintable } from "../../src/text/index.ts";
import { hostile } from "../support/hostile/hostile.ts";
import { anyCharacter } from "../support/any-character.ts";

const spelt = String.raw;

describe("printableName", () => {
  it.for([
    "/usr/lib/python3.12/a b.txt",
    "Ünïcödé é ñ",
    "документ.txt",
    "файл2",
    "ελληνικά",
    "漢字 第1章abc",
    "Tシャツ ひらがな",
    "한글ㅋㅋ",
    "ไทยทำ",
    "עברית",
    "مرحبا",
    "报告（终）.pdf",
    "🙂 m² ½ ™ …",
    "a->b",
    "a→b",
  ])("leaves what can be told from all else as it is: %s", (name) => {
    expect(printableName(name)).toBe(name);
  });

  it.for([
    ["a ", spelt`a\x20`],
    [" a", spelt`\x20a`],
    [" ", spelt`\x20`],
    ["a  b", spelt`a \x20b`],
    ["a   ", spelt`a \x20\x20`],
    ["a\u2800b", spelt`a\u{2800}b`],
    ["a\u00a0b", spelt`a\u{a0}b`],
    ["a\u3164b", spelt`a\u{3164}b`],
    ["e\u0301", spelt`e\u{301}`],
    ["u\u0308\u0304", spelt`u\u{308}\u{304}`],
    ["\u1112\u1161\u11ab", spelt`\u{1112}\u{1161}\u{11ab}`],
    ["\u212b", spelt`\u{212b}`],
    ["\uf900", spelt`\u{f900}`],
    ["p\u0430ypal", spelt`p\u{430}ypal`],
    ["\u041f\u0440\u0438\u0432e\u0442", spelt`Прив\x65т`],
    ["a\u0430", spelt`a\u{430}`],
    ["v2\u0430b", spelt`v2\u{430}b`],
    ["\u03bfmicron", spelt`\u{3bf}micron`],
    ["\ufb01le", spelt`\u{fb01}le`],
    ["\u{1d41a}", spelt`\u{1d41a}`],
    ["a\u2215b", spelt`a\u{2215}b`],
    ["a\u2010b", spelt`a\u{2010}b`],
    ["\u0261o", spelt`\u{261}o`],
    ["a → b", spelt`a \u{2192} b`],
    ["a -> b", spelt`a \x2d> b`],
    ["a → → b", spelt`a \u{2192} \u{2192} b`],
    ["a\\x20", spelt`a\\x20`],
    ["\u202egpj", spelt`\u{202e}gpj`],
  ] as const)("spells out what could be taken for something else: %j", ([name, shown]) => {
    expect(printableName(name)).toBe(shown);
  });

  const part = fc.oneof(
    fc.constantFrom(
      ...Array.from("\\ \n/→->xaеоe\u0301\u0308\u2800\u00a0ﬁÅ\u212bé漢가\u1100\u1161"),
    ),
    fc.constantFrom(" -> ", " → ", "\\x20", "\\u{430}", "\\x2d>", "  "),
    fc.string({ unit: anyCharacter, minLength: 1, maxLength: 1 }),
  );
  const names = fc.array(part, { maxLength: 16 }).map((parts) => parts.join(""));

  it("gives back the name that it was given, so that no two are shown alike", () => {
    const check = (name: string) => {
      expect(unprintable(printableName(name))).toBe(name);
    };
    fc.assert(fc.property(names, check), { numRuns: 2_000 });
    hostile.forEach(check);
  });

  it("shows nothing that `printable` would not, no blanks that are not seen, and composed letters only", () => {
    const check = (name: string) => {
      const shown = printableName(name);
      expect(shown).toBe(printable(shown).replaceAll("\\\\", "\\"));
      expect(shown).not.toMatch(/^ | $| {2}| (?:→|->) /);
      expect(shown.normalize("NFC")).toBe(shown);
    };
    fc.assert(fc.property(names, check), { numRuns: 2_000 });
    hostile.forEach(check);
  });
});
