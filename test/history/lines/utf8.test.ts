import fc from "fast-check";
import { expect, test } from "vitest";

import { decodeUtf8 } from "../../../src/history/lines/utf8.ts";

/** Bytes at and around the borders of what RFC 3629 allows. */
const telling = [
  0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
  0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff, 0xbb, 0xbd,
];

function strictly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

test("bytes are UTF-8 or not as TextDecoder has it, wherever they stand in a line", () => {
  const tails = [[], [0x41], [0x80], [0xbf]];
  const wrongly: number[][] = [];
  for (const first of telling)
    for (const second of telling)
      for (const third of telling)
        for (const tail of tails) {
          const bytes = [first, second, third, ...tail];
          if (decodeUtf8(Uint8Array.from(bytes)) !== strictly(Uint8Array.from(bytes)))
            wrongly.push(bytes);
        }
  expect(wrongly).toEqual([]);
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.constant("\ufffd"),
    fc.constant("\ufeff"),
  );
  const wrong = fc.array(fc.constantFrom(...telling), { maxLength: 3 });
  fc.assert(
    fc.property(text, wrong, text, (before, between, after) => {
      const encode = (part: string): Uint8Array => new TextEncoder().encode(part);
      const bytes = Uint8Array.from([...encode(before), ...between, ...encode(after)]);
      expect(decodeUtf8(bytes)).toBe(strictly(bytes));
    }),
  );
});
