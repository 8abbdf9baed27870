import fc from "fast-check";
import { expect, test } from "vitest";

import { pastesIn } from "../../../tui/keys/pastes.ts";

const [start, end] = ["\x1b[200~", "\x1b[201~"];

/** Returns what is made of the pieces: typed text as it is, pasted text in brackets. */
function through(...pieces: readonly string[]): string {
  const sent = pieces.flatMap(pastesIn());
  return sent.map((one) => ("typed" in one ? one.typed : `<${one.pasted}>`)).join("");
}

test("what is typed and pasted is told apart, however it is cut", () => {
  const piece = fc.constantFrom("q", "\x1b", "\x1b[A", `${start}a\nb${end}`, start + end, "[2x");
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(60)), (typed, cuts) => {
      const text = `${typed.join("")}x`;
      const places = [
        0,
        ...cuts.filter((at) => at < text.length).sort((a, b) => a - b),
        text.length,
      ];
      const pieces = places.slice(1).map((to, index) => text.slice(places[index], to));
      // Esc at the end of what comes is a key, and no beginning of a paste.
      if (pieces.slice(0, -1).some((one) => one.endsWith("\x1b") || one.endsWith("\x1b["))) return;
      expect(through(...pieces)).toBe(text.replaceAll(start, "<").replaceAll(end, ">"));
    }),
  );
});

test("no key is made of what is pasted right behind Esc", () => {
  expect(through(`\x1b${start}quit${end}`)).toBe("\x1b<quit>");
});

test("Ctrl-C ends a paste that has no end, and is a key again", () => {
  expect(through(`${start}abc`, "\x1b", "q", "\x03", "q")).toBe("\x03q");
});

test("a paste is cut where it is too long, and no part of it becomes keys", () => {
  const pieces = Array.from({ length: 200 }, () => "q".repeat(1_000));
  expect(through(start, ...pieces, `${end}j`)).toBe(`<${"q".repeat(64 * 1024)}>j`);
});

test("a start or an end that comes in two pieces is one", () => {
  expect(through(`${start}abc\x1b[20`, "1~q")).toBe("<abc>q");
  expect(through("\x1b[20", "0~abc", `${end}q`)).toBe("<abc>q");
});
