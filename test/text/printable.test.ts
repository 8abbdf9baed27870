import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  printable,
  printableBytes,
  printableJson,
  unprintable,
  unprintableBytes,
} from "../../src/text/index.ts";
import { hostile } from "../support/hostile/hostile.ts";
import { attempts } from "../support/scale.ts";
import { anyCharacter } from "../support/any-character.ts";

const invisible =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Regional_Indicator}\p{Emoji_Modifier}]|(?! )\p{Zs}/u;

/**
 * Generates mostly dangerous characters: controls, marks, joiners, surrogates, backslashes, and text that looks like an
 * escape.
 */
const nasty = fc.oneof(
  fc.constantFrom(
    ...Array.from("\\\n\r\t\x00\x1b\x7f\x85\x9b\u200d\u202e\ufe0f\u0301\u0e33 ax{}u0"),
    "\ud800",
    "\udc00",
  ),
  fc.constantFrom("\\x1b", "\\u{202e}", "🇩🇪", "👍🏽", "👩‍👩‍👧", "漢", "é", "e\u0301", "\u{e0041}", "한"),
  fc.string({ unit: anyCharacter, minLength: 1, maxLength: 1 }),
);
const text = fc.array(nasty, { maxLength: 24 }).map((parts) => parts.join(""));

describe("printable", () => {
  it("leaves what shows as it is", () => {
    for (const plain of ["a b/c.txt", "漢字", "é", "Ünïcödé", "한글", "🙂", "e\u0301"]) {
      expect(printable(plain)).toBe(plain);
    }
  });

  it("spells out what does not show", () => {
    expect(printable("a\x1b[31m\n\t\r\0b")).toBe(String.raw`a\x1b[31m\n\t\r\x00b`);
    expect(printable("a\\x1b")).toBe(String.raw`a\\x1b`);
    expect(printable("\u202egpj.exe")).toBe(String.raw`\u{202e}gpj.exe`);
    expect(printable("\u0085\ud800\u{e0041}")).toBe(String.raw`\u{85}\u{d800}\u{e0041}`);
    expect(printable("\u0301a")).toBe(String.raw`\u{301}a`);
    expect(printable("🇩🇪👍🏽")).toBe(String.raw`\u{1f1e9}\u{1f1ea}👍\u{1f3fd}`);
    expect(printable(`a${"\u0301".repeat(5)}`)).toBe(`a${String.raw`\u{301}`.repeat(5)}`);
  });

  it("gives back what it was given, so that two texts never look the same", () => {
    fc.assert(
      fc.property(text, (input) => {
        expect(unprintable(printable(input))).toBe(input);
      }),
      { numRuns: attempts(20_000) },
    );
  });

  it("holds only visible characters and spaces", () => {
    const check = (input: string) => {
      expect(invisible.test(printable(input))).toBe(false);
    };
    fc.assert(fc.property(text, check), { numRuns: attempts(20_000) });
    hostile.forEach(check);
  });

  it("lets no mark land on a character that is not its own", () => {
    fc.assert(
      fc.property(text, (input) => {
        expect(/^\p{M}/u.test(printable(input))).toBe(false);
      }),
    );
    expect(printable("a\u200d\u0301")).toBe(String.raw`a\u{200d}\u{301}`);
    expect(printable("\\\u0301")).toBe(String.raw`\\\u{301}`);
  });
});

describe("printableBytes", () => {
  it("shows UTF-8 as text and other bytes as numbers", () => {
    expect(printableBytes(Uint8Array.of(0x68, 0xc3, 0xa9, 0xff, 0x0a, 0xe2, 0x82))).toBe(
      String.raw`hé\xff\n\xe2\x82`,
    );
    expect(printableBytes(new TextEncoder().encode("\\xff"))).toBe(String.raw`\\xff`);
  });

  it("gives back the bytes it was given", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 32 }),
      fc
        .tuple(text, fc.uint8Array({ maxLength: 4 }), text)
        .map(([before, middle, after]) =>
          Uint8Array.from(
            Buffer.concat([
              Buffer.from(before.toWellFormed()),
              middle,
              Buffer.from(after.toWellFormed()),
            ]),
          ),
        ),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        const shown = printableBytes(input);
        expect(invisible.test(shown)).toBe(false);
        expect([...unprintableBytes(shown)]).toEqual([...input]);
      }),
      { numRuns: attempts(10_000) },
    );
  });
});

describe("printableJson", () => {
  it("is JSON of the same value in visible characters", () => {
    fc.assert(
      fc.property(text, (input) => {
        const json = printableJson({ name: input });
        expect(invisible.test(json)).toBe(false);
        expect(JSON.parse(json)).toEqual({ name: input });
      }),
      { numRuns: attempts(5_000) },
    );
  });

  it("writes a bigint as its digits in a string", () => {
    expect(printableJson({ time: 2n ** 60n })).toBe('{"time":"1152921504606846976"}');
  });
});
