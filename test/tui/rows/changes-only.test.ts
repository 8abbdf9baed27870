import fc from "fast-check";
import xterm from "@xterm/headless";
import { expect, test } from "vitest";

import { printable } from "../../../src/text/index.ts";
import { changesOnly } from "../../../tui/terminal/changes-only.ts";
import { unicode } from "../../../tui/draw/glyphs.ts";
import { type Line, fit, paint, span } from "../../../tui/draw/line.ts";
import { themeFor } from "../../../tui/draw/theme.ts";
import { fakeOutput } from "../../support/screen/screen.ts";
import { attempts } from "../../support/scale.ts";

const columns = 24;
const rows = 4;
const theme = themeFor("on");

test("whatever one frame after the other holds, the terminal shows the last one", async () => {
  await fc.assert(
    fc.asyncProperty(frames(), async (all) => {
      const { write, shows } = terminal();
      for (const one of all) {
        write(erased(one));
        expect(await shows()).toEqual(await whole(one));
      }
    }),
    { numRuns: attempts(200) },
  );
});

test("rows that stay as they are get nothing, and others from the first cell that differs", () => {
  const { write, sent } = terminal();
  write(erased(["one", "two and more", "three", "four"]));
  write(erased(["one", "two or more", "three", "four"]));
  expect(sent.at(-1)).toBe("\x1b[2;5H\x1b[Kor more\x1b[4;1H");
});

test("a frame is drawn anew after something else was written", async () => {
  const one = ["one", "two", "three", "four"];
  const { write, shows, sent } = terminal();
  write(erased(one));
  write("\x1b[?2026h");
  write("");
  write("\x1b[?1049l");
  write("a pager\n");
  write("\x1b[?1049h");
  write(erased(one));
  expect(await shows()).toEqual(await whole(one));
  expect(sent.at(-1)).toContain("three");
});

const texts = ["a", "bc", "  ", "─┃", "日本", "é", "e\u0301", "…", "🙂", "\x1b[31m", "x"];

/** Generates frames whose rows mostly begin alike. */
function frames(): fc.Arbitrary<string[][]> {
  const roles = fc.constantFrom("plain", "dim", "title", "cursor", "match", "added", "refused");
  const part = fc
    .tuple(fc.constantFrom(...texts), roles)
    .map(([text, role]) => span(printable(text), role));
  const start = fc.array(part, { minLength: 8, maxLength: 8 });
  const end = fc.tuple(fc.nat(8), fc.array(part, { maxLength: 3 }), fc.boolean());
  const every = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: rows, maxLength: rows });
  return fc
    .tuple(every(start), fc.array(every(end), { minLength: 2, maxLength: 6 }))
    .map(([starts, all]) =>
      all.map((ends) =>
        ends.map(([kept, rest, isFull], row) => {
          const line: Line = [...(starts[row] ?? []).slice(0, kept), ...rest];
          return paint(isFull ? fit(line, columns, unicode) : line, theme);
        }),
      ),
    );
}

/** Returns a frame as Ink writes it after another one. */
function erased(lines: readonly string[]): string {
  return `${"\x1b[2K\x1b[1A".repeat(rows - 1)}\x1b[2K\x1b[G${lines.join("\n")}`;
}

function terminal() {
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  const sent: string[] = [];
  const stdout = changesOnly(
    fakeOutput(columns, rows, (text) => {
      sent.push(text);
      screen.write(text);
    }),
  );
  screen.write("\x1b[?7l");
  return {
    sent,
    write: (text: string) => void stdout.write(text),
    shows: () => cellsOf(screen),
  };
}

/** Draws the same frame on an empty terminal. */
function whole(lines: readonly string[]): Promise<string[]> {
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  screen.write(`\x1b[?7l\x1b[H${lines.join("\r\n")}`);
  return cellsOf(screen);
}

/** Returns each cell with its attributes. */
async function cellsOf(screen: InstanceType<typeof xterm.Terminal>): Promise<string[]> {
  await new Promise<void>((resolve) => screen.write("", resolve));
  return Array.from({ length: rows * columns }, (_, place) => {
    const cell = screen.buffer.active
      .getLine(Math.floor(place / columns))
      ?.getCell(place % columns);
    const text = cell?.getChars() || " ";
    return [text, cell?.isBold(), cell?.isDim(), cell?.isInverse(), cell?.getFgColor()].join(" ");
  });
}
