import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { openWriter } from "../../journal/index.ts";
import { type Screen, type ScreenOptions, openScreen } from "../support/screen/screen.ts";
import { scale } from "../support/scale.ts";
import { recordSample, temporaryDirectory } from "./sample.ts";

const directory = temporaryDirectory();
const sample = join(directory.path, "run.db");
const empty = join(directory.path, "empty.db");

beforeAll(() => {
  recordSample(sample);
  openWriter(empty).close();
});
afterAll(directory.remove);

const sizes = [
  [120, 36],
  [80, 24],
  [60, 20],
  [48, 16],
] as const;

/** An event at which a build has just changed an existing file. */
const changed = "21";

/** Every state of the screen, by the keys that lead to it. */
const states: readonly (readonly [string, readonly string[], ScreenOptions?])[] = [
  ["timeline", []],
  ["diff", ["0"]],
  ["content", ["0", "]"]],
  ["bytes", ["0", "]", "x"]],
  ["blame", ["0", "]", "]", "jj"]],
  ["event", ["0", "["]],
  ["directory", ["2", "k", "0"]],
  ["tree", ["2", "="]],
  ["pinned", [":9<Enter>", "v", `:${changed}<Enter>`]],
  ["refused", [":20<Enter>", "<Enter>"]],
  ["filtered", ["f", "op:write", "<Enter>"]],
  ["no-match", ["f", "path:*.lock op:unlink", "<Enter>"]],
  ["searched", ["/", "map", "<Enter>"]],
  ["breakpoints", ["b", "B"]],
  ["files", ["o", "map", "<Down>"]],
  ["rows-searched", ["0", "/", "open", "<Enter>"]],
  ["undo-event", ["u"]],
  ["prompt", [":"]],
  ["prompt-wrong", ["f", "op:fly", "<Enter>"]],
  ["keys", ["?"]],
  ["keys-found", ["?", "restore"]],
  ["restore", ["r"]],
  ["preview", [":13<Enter>", "2", "g", "r", "d"]],
  ["stopped", ["b", "C"]],
  ["filtered-elsewhere", ["f", "op:write", "<Enter>", "0", "+"]],
  ["marks", ["'"]],
  ["enlarged", ["+"]],
  ["beginning", [":0<Enter>"]],
];

// Between the smallest and the usual size lies no other layout: the long form has it.
const drawn = sizes.filter(([columns]) => scale > 1 || columns !== 60);

test.each(drawn)("the states at %i columns and %i rows", async (columns, rows) => {
  for (const [name, keys] of states)
    await showing({ columns, rows, at: changed }, async (screen) => {
      await screen.press(...keys.flatMap(keysIn));
      await expectScreen(screen, `${name}-${columns}x${rows}`);
    });
});

test.each([
  ["findings", 80, 24, ["i"]],
  ["text", 120, 36, ["t", "limit", "<Enter>"]],
  ["text", 80, 24, ["t", "limit", "<Enter>"]],
] as const)(
  "a list that a thread makes, of %s, at %i columns",
  async (name, columns, rows, keys) => {
    await showing({ columns, rows }, async (screen) => {
      await screen.press(...keys);
      await expectScreen(screen, `${name}-${columns}x${rows}`);
    });
  },
);

test.each([...sizes, [40, 10] as const])(
  "a question shows its answers at %i columns and %i rows",
  async (columns, rows) => {
    await showing({ columns, rows }, async (screen) => {
      await screen.press("z");
      expect(screen.text()).toMatch(/y undo +d (show the )?diff.* +n/);
      expect(screen.text()).toMatch(/\n y undo  d show the diff  n\/Esc cancel/);
      await screen.press("n");
      expect(screen.text()).not.toContain("y undo");
    });
  },
);

test("an empty journal says how to fill it", async () => {
  const screen = await openScreen(empty);
  await expectScreen(screen, "empty-80x24");
  await screen.close();
});

test("a terminal that is too small gets one sentence, and the panels come back", async () => {
  await showing({ columns: 80, rows: 24, at: changed }, async (screen) => {
    const before = screen.text();
    await screen.resize(31, 7);
    expect(screen.text().trimEnd()).toBe("Terminal is 31x7; rewindfs\nneeds 40x10.");
    await screen.resize(80, 24);
    expect(screen.text()).toBe(before);
  });
});

test("a screen that was resized looks like one of that size from the start", async () => {
  await showing({ columns: 120, rows: 36, at: changed }, async (screen) => {
    for (const [columns, rows] of [...sizes, [200, 60], [40, 10], [100, 30]] as const) {
      await screen.resize(columns, rows);
      await showing({ columns, rows, at: changed }, async (fresh) => {
        expect(lastLine(screen)).toBe(lastLine(fresh));
        expect(screen.text().split("\n")).toHaveLength(rows);
      });
    }
  });
});

test("without UTF-8 everything is ASCII", async () => {
  for (const env of [{ LANG: "C" }, { LC_ALL: "POSIX", LANG: "C.UTF-8" }])
    for (const keys of [[], ["?"], ["r"], ["b", "B"], ["0", "]", "]"], ["h", "v", "l"]])
      await showing(
        { columns: 80, rows: 24, at: changed, env: { TERM: "xterm", ...env } },
        async (screen) => {
          await screen.press(...keys);
          expect(screen.text()).toMatch(/^[ -~\n]*$/);
        },
      );
  await showing({ columns: 80, rows: 24, at: changed, ascii: true }, async (screen) => {
    await expectScreen(screen, "ascii-80x24");
  });
});

test("without colours the cursor is still seen, and nothing has one", async () => {
  const env = { LANG: "C.UTF-8", TERM: "xterm", NO_COLOR: "1" };
  await showing({ columns: 80, rows: 24, at: changed, env }, async (screen) => {
    // oxlint-disable-next-line no-control-regex
    const codes = [...screen.bytes().matchAll(/\x1b\[([\d;]*)m/g)].flatMap((match) =>
      (match[1] ?? "").split(";"),
    );
    expect([...new Set(codes)].filter((code) => !/^([0127]|22|27)?$/.test(code))).toEqual([]);
    const row = screen
      .text()
      .split("\n")
      .findIndex((line) => line.includes("┃›"));
    expect(screen.look(3, row).inverse).toBe(true);
  });
});

test("on a light background nothing is yellow or cyan, and only the eight colours are used", async () => {
  const colored = async (answer: string): Promise<ReadonlySet<string>> => {
    const codes = new Set<string>();
    await showing({ columns: 120, rows: 36, at: changed }, async (screen) => {
      await screen.press(answer);
      const { length } = screen.bytes();
      await screen.press(
        "b",
        "j",
        "v",
        "0",
        "]",
        "]",
        "?",
        "<Esc>",
        "r",
        "<Esc>",
        "f",
        "write",
        "<Enter>",
      );
      const drawn = screen.bytes().slice(length);
      // oxlint-disable-next-line no-control-regex
      for (const [, code = ""] of drawn.matchAll(/\x1b\[(\d+)m/g)) codes.add(code);
    });
    return codes;
  };
  const light = await colored("\x1b]11;rgb:ffff/ffff/ffff\x1b\\");
  expect(light.has("33") || light.has("36")).toBe(false);
  expect([...light].every((code) => Number(code) < 40)).toBe(true);
  const dark = await colored("\x1b]11;rgb:0000/0000/0000\x07");
  expect(dark.has("33") && dark.has("36")).toBe(true);
});

test("with colours a removed line is red and an added one green", async () => {
  await showing({ columns: 120, rows: 36, at: changed }, async (screen) => {
    const lines = screen.text().split("\n");
    const removed = lines.findIndex((line) => line.includes("− const limit"));
    const added = lines.findIndex((line) => line.includes("+ const limit"));
    const column = lines[removed]?.indexOf("const limit") ?? 0;
    expect(screen.look(column, removed).color).toBe(1);
    expect(screen.look(column, added).color).toBe(2);
  });
});

test("a file that is no journal, a missing one and a newer one are told of", async () => {
  const { runTui } = await import("../../tui/index.ts");
  const noJournal = join(directory.path, "notes.txt");
  writeFileSync(
    noJournal,
    "just a text, and long enough to be looked at as a database file\n".repeat(20),
  );
  for (const journalFile of [noJournal, join(directory.path, "nothing.db")]) {
    const { options, told } = fakeTerminal(journalFile, { TERM: "xterm" });
    expect(await runTui(options)).toBe(2);
    expect(told()).toMatch(/^rewindfs: .*\n(Hint: .*\n)?$/);
  }
});

test("without a terminal, or with a dumb one, it says what to use instead", async () => {
  const { runTui } = await import("../../tui/index.ts");
  const dumb = fakeTerminal(sample, { TERM: "dumb" });
  expect(await runTui(dumb.options)).toBe(2);
  expect(dumb.told()).toContain("rewindfs log");
  const pipe = fakeTerminal(sample, { TERM: "xterm" }, false);
  expect(await runTui(pipe.options)).toBe(2);
  expect(pipe.told()).toContain("needs a terminal");
});

async function showing(
  options: ScreenOptions,
  body: (screen: Screen) => Promise<void>,
): Promise<void> {
  const screen = await openScreen(sample, options);
  try {
    await body(screen);
  } finally {
    expect(await screen.close()).toBe(0);
  }
}

/** Splits keys: text before a key in angle brackets is typed in one go. */
function keysIn(keys: string): string[] {
  return keys.split(/(<[^>]+>)/).filter((part) => part !== "");
}

function lastLine(screen: Screen): string | undefined {
  return screen.text().split("\n").at(-1);
}

async function expectScreen(screen: Screen, name: string): Promise<void> {
  await expect(`${screen.text()}\n`).toMatchFileSnapshot(`screens/${name}.txt`);
}

function fakeTerminal(journalFile: string, env: NodeJS.ProcessEnv, isTTY = true) {
  let text = "";
  const stream = { isTTY, columns: 80, rows: 24 };
  const stderr = { write: (chunk: string) => (text += chunk) !== "" };
  const options = {
    journalFile,
    env,
    stdin: stream,
    stdout: stream,
    stderr,
  } as unknown as Parameters<typeof import("../../tui/index.ts").runTui>[0];
  return { options, told: () => text };
}
