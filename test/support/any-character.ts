import fc from "fast-check";

const surrogates = { first: 0xd800, count: 0x800 };

/**
 * Any character: each code point but halves of surrogate pairs. fast-check's own unit of that kind, "binary", makes a
 * table of all of them first, for a second.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10_ffff - surrogates.count })
  .map((index) =>
    String.fromCodePoint(index < surrogates.first ? index : index + surrogates.count),
  );
