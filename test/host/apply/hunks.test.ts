import fc from "fast-check";
import { expect, test } from "vitest";

import { type Hunk, diffContent, lookup, tapeOf } from "../../../src/history/index.ts";
import { bytesOf, composeText } from "../../../src/host/choose/compose.ts";
import {
  type TextPair,
  editableHunk,
  splitHunk,
  textsOf,
  withoutLead,
} from "../../../src/host/index.ts";
import { openRecording } from "../../support/recording.ts";

const recording = openRecording();

/** Returns two versions of a text and their hunks. */
function compared(
  before: Uint8Array,
  after: Uint8Array,
): { pair: TextPair; hunks: readonly Hunk[] } {
  const { fs, journal, recorder } = recording;
  recorder.run("texts", [], () => {
    for (const [path, content] of [
      ["/before", before],
      ["/after", after],
    ] as const) {
      if (lookup(fs.tree, path) !== undefined) recorder.truncate(path, 0);
      recorder.write(path, content);
    }
  });
  const readTape = tapeOf(journal);
  const [was, is] = [lookup(fs.tree, "/before"), lookup(fs.tree, "/after")];
  const diff = diffContent(was, is, readTape);
  const pair = textsOf(was, is, readTape) ?? { before, after, encodings: ["utf-8", "utf-8"] };
  return { pair, hunks: diff.kind === "text" ? diff.hunks : [] };
}

const bytes = (text: string, encoding: "latin1" | "utf8" | "utf16le" = "utf8") =>
  new Uint8Array(Buffer.from(text, encoding));

const writings = {
  "UTF-8": (text: string) => bytes(text),
  "Latin-1": (text: string) => bytes(text, "latin1"),
  "UTF-16, little-endian": (text: string) => bytes(`\ufeff${text}`, "utf16le"),
  "UTF-16, big-endian": (text: string) =>
    new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le").swap16()),
};

/**
 * Half of "Ċ" is a newline in UTF-16, and no character of Latin-1. Places of some lines that may differ, between lines
 * that do not.
 */
const place = fc.array(fc.constantFrom("ä", "b", "", "c\r", "Ċ"), { maxLength: 3 });
const places = fc.array(fc.record({ before: place, after: place, takes: fc.boolean() }), {
  minLength: 1,
  maxLength: 4,
});

for (const [name, write] of Object.entries(writings)) {
  test(`a text of which some hunks are taken has these and nothing else, byte for byte: ${name}`, () => {
    const ends = fc.record({ eol: fc.constantFrom("\n", "\r\n"), last: fc.boolean() });
    fc.assert(
      fc.property(places, ends, fc.boolean(), (drawn, { eol, last }, splits) => {
        const latin = name === "Latin-1";
        const known = drawn.map((one) => ({
          ...one,
          before: latin ? one.before.map((line) => line.replace("Ċ", "x")) : one.before,
          after: latin ? one.after.map((line) => line.replace("Ċ", "x")) : one.after,
        }));
        const text = (of: (one: (typeof known)[number]) => readonly string[]) => {
          const lines = known.flatMap((one, index) => [
            ...of(one),
            ...Array.from({ length: 8 }, (_, line) => `same ${index} ${line}`),
          ]);
          return write(lines.join(eol) + (last ? eol : ""));
        };
        const before = text((one) => one.before);
        const after = text((one) => one.after);
        const wanted = text((one) => (one.takes ? one.after : one.before));
        const { pair, hunks } = compared(before, after);
        const all = splits ? hunks.flatMap(splitHunk) : hunks;
        const starts = known.map((_, index) =>
          known.slice(0, index).reduce((sum, one) => sum + one.before.length + 8, 0),
        );
        const placeOf = ({ beforeStart, lines }: Hunk) => {
          const at = beforeStart - 1 + lines.findIndex(({ sign }) => sign !== " ");
          return starts.findLastIndex((start) => start <= at);
        };
        const taken = all.filter((hunk) => known[placeOf(hunk)]?.takes === true);
        const made = bytesOf(
          composeText(
            pair,
            taken.map((hunk) => ({ hunk })),
          ),
          pair,
        );
        expect(Buffer.from(made).toString("hex")).toBe(Buffer.from(wanted).toString("hex"));
      }),
      { numRuns: 60 },
    );
  });
}

test("all hunks of any two texts make the one of the other, split or not, and none leave it", () => {
  const line = fc.constantFrom("a\n", "b\n", "c\r\n", "\n", "ä\n");
  const text = fc
    .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom("", "a", "z"))
    .map(([lines, end]) => bytes(lines.join("") + end));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const { pair, hunks } = compared(before, after);
      const make = (taken: readonly Hunk[]) =>
        Buffer.from(
          bytesOf(
            composeText(
              pair,
              taken.map((hunk) => ({ hunk })),
            ),
            pair,
          ),
        ).toString();
      expect(make(hunks)).toBe(Buffer.from(after).toString());
      expect(make(hunks.flatMap(splitHunk))).toBe(Buffer.from(after).toString());
      expect(make([])).toBe(Buffer.from(before).toString());
    }),
    { numRuns: 200 },
  );
});

test("a hunk that is edited by hand and left as it is makes what it made, and split hunks do side by side", () => {
  const line = fc.constantFrom("a", "b", "c\r", "", "ä");
  const text = fc
    .tuple(fc.array(line, { minLength: 1, maxLength: 20 }), fc.constantFrom("", "\n"))
    .map(([lines, end]) => lines.join("\n") + end);
  const writing = fc.constantFrom(...Object.values(writings));
  fc.assert(
    fc.property(text, text, writing, (one, other, write) => {
      const [before, after] = [write(one), write(other)];
      const { pair, hunks } = compared(before, after);
      const split = hunks.flatMap((hunk) =>
        splitHunk(hunk).map((part, index) => (index === 0 ? part : withoutLead(part))),
      );
      for (const list of [hunks, split]) {
        const taken = list.map((hunk) => {
          const editable = editableHunk(pair, hunk);
          // A mark alone is no UTF-16 yet.
          fc.pre(editable !== undefined || pair.encodings[0] !== pair.encodings[1]);
          if (editable === undefined) return { hunk };
          const typed = editable.read(editable.bytes);
          expect(typed).toBeDefined();
          return { hunk, typed: typed ?? new Uint8Array() };
        });
        const made = bytesOf(composeText(pair, taken), pair);
        if (hunks.length > 0) expect(Buffer.from(made)).toEqual(Buffer.from(after));
      }
    }),
    { numRuns: 200 },
  );
});

test("what is edited by hand takes the place of the hunk, and must fit", () => {
  const { pair, hunks } = compared(bytes("one\ntwo\nthree\n"), bytes("one\nTWO\nthree\nfour"));
  const [hunk] = hunks;
  if (hunk === undefined) throw new Error("no hunk");
  const editable = editableHunk(pair, hunk);
  if (editable === undefined) throw new Error("it cannot be edited");
  const { bytes: shown, read } = editable;
  expect(Buffer.from(shown).toString()).toMatchInlineSnapshot(`
    " one
    -two
    +TWO
     three
    +four
    \\ No newline at end of file
    "
  `);
  const make = (edited: string) => {
    const typed = read(bytes(edited));
    return typed === undefined
      ? undefined
      : Buffer.from(bytesOf(composeText(pair, [{ hunk, typed }]), pair)).toString();
  };
  expect(make("# note\n one\n two\n+2.5\n three\n")).toBe("one\ntwo\n2.5\nthree\n");
  expect(make("@@ -1,3 +1,4 @@\n-one\n-two\n-three\n+\n# end")).toBe("\n");
  expect(make(" one\n-two\n three\n\\ No newline at end of file\n")).toBe(undefined);
  expect(make(" one\n+x\n\\ No newline at end of file\n-two\n three\n")).toBe(undefined);
  expect(make(" one\n-two\n-three\n+x\n\\ No newline at end of file\n")).toBe("one\nx");
  expect(make(" one\n three\n")).toBe(undefined);
  expect(make("one\n-two\n three\n")).toBe(undefined);
});
