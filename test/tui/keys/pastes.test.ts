import fc from "fast-check";
import { expect, test } from "vitest";

import { boundedPastes } from "../../../tui/keys/pastes.ts";

const [start, end] = ["\x1b[200~", "\x1b[201~"];
const through = (...pieces: readonly string[]) => pieces.map(boundedPastes()).join("");

test("what is typed and pasted goes through unchanged, however it is cut", () => {
  const piece = fc.constantFrom("q", "\x1b", "\x1b[A", `${start}a\nb${end}`, start + end, "[201~");
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
      if (!pieces.slice(0, -1).some((one) => one.endsWith("\x1b") || one.endsWith("\x1b[")))
        expect(through(...pieces)).toBe(text);
    }),
  );
});

test("Ctrl-C ends a paste that has no end, and is a key again", () => {
  expect(through(`${start}abc`, "\x1b", "q", "\x03", "q")).toBe(`${start}abc\x1bq${end}\x03q`);
});

test("a paste is cut where it is too long, and no part of it becomes keys", () => {
  const sent = through(
    start,
    ..."q"
      .repeat(200)
      .split("")
      .map((q) => q.repeat(1_000)),
    `${end}j`,
  );
  expect(sent).toBe(`${start}${"q".repeat(64 * 1024)}${end}j`);
});

test("an end that comes in two pieces is one", () => {
  expect(through(`${start}abc\x1b[20`, "1~q")).toBe(`${start}abc${end}q`);
  expect(through("\x1b[20", `0~abc`, "\x03q")).toBe(`${start}abc${end}\x03q`);
});
