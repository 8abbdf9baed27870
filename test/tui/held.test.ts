import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";

import { openWriter } from "../../journal/index.ts";
import { Attachment } from "../../src/attach/index.ts";
import { FileSystem, emptyTree, profiles } from "../../src/fs/index.ts";
import type { Answer, Question, Rule } from "../../src/rules/index.ts";
import { recorderOn } from "../support/journal.ts";
import { type Screen, openScreen } from "../support/screen/screen.ts";
import { temporaryDirectory } from "./sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);

/** A journal that a program writes, which lets debuggers attach. */
function running(name: string) {
  const file = join(directory.path, name);
  const journal = openWriter(file, { now: () => 1_764_493_200_000_000_000n });
  const files = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  files.begin({ cause: "guest", guest: "python", args: ["make.py"], environment: [], digest: "" });
  recorderOn(journal, files).write("/notes.txt", "one\ntwo\n");
  files.commit();
  const holds: (readonly Rule[])[] = [];
  const attachment = new Attachment("python", {
    async hold(rules) {
      holds.push(rules);
    },
    putBack: async () => ({ kind: "nothing" }),
  });
  attachment.listen(file);
  return {
    file,
    holds,
    ask: async (question: Question = writing) =>
      attachment.ask(question, new AbortController().signal),
    end() {
      attachment[Symbol.dispose]();
      journal.close();
    },
  };
}

const writing: Question = {
  rule: "held at the next change",
  operation: "write",
  path: "/notes.txt",
  words: ["write"],
  call: "write",
  size: 14,
  before: Buffer.from("one\ntwo\n"),
  after: Buffer.from("one\n2\nthree\n"),
  program: "python make.py",
  hold: true,
};

test.each([
  [120, 36],
  [80, 24],
  [60, 20],
  [48, 16],
])("a held call at %i columns and %i rows", async (columns, rows) => {
  const program = running(`held-${columns}.db`);
  const screen = await openScreen(program.file, { columns, rows });
  await until(screen, "attached");
  await screen.press("p");
  await until(screen, "HOLDING");
  void program.ask();
  await until(screen, "HELD");
  await expect(`${screen.text()}\n`).toMatchFileSnapshot(`screens/held-${columns}x${rows}.txt`);
  await screen.close();
  program.end();
});

test("keys step, run on, allow, deny and end, and Esc looks around", async () => {
  const program = running("keys.db");
  const screen = await openScreen(program.file);
  await until(screen, "attached");
  await screen.press("p");
  await until(screen, "HOLDING");
  expect(program.holds).toEqual([[{ action: "ask", name: "held at the next change" }]]);
  for (const [key, answer] of [
    ["s", "allow"],
    ["y", "allow"],
    ["n", "deny"],
  ] as const) {
    const asked = program.ask();
    await until(screen, "HELD");
    await screen.press(key);
    expect(await asked).toBe(answer satisfies Answer);
  }
  const asked = program.ask();
  await until(screen, "HELD");
  await screen.press("<Esc>", "0", "]");
  expect(screen.text()).toContain("[Content]");
  expect(screen.text()).toContain("HELD write /notes.txt");
  await screen.press("X");
  expect(screen.text()).toContain("X there ends it");
  await screen.press("p", "c");
  expect(await asked).toBe("allow");
  await until(screen, "attached");
  expect(program.holds.at(-1)).toEqual([]);
  const last = program.ask({ ...writing, hold: undefined } as never);
  await until(screen, "p shows it");
  await screen.press("p", "X");
  expect(await last).toBe("stop");
  program.end();
  await until(screen, "python has ended");
  await screen.close();
});

test("breakpoints hold before the event, and let other calls at the same paths go", async () => {
  const program = running("breakpoint.db");
  const screen = await openScreen(program.file);
  await until(screen, "attached");
  await screen.press("B", "a", "op:unlink path:/notes.txt", "<Enter>", "<Esc>");
  await waitFor(() => program.holds.length > 0);
  expect(program.holds.at(-1)).toMatchObject([{ action: "ask", paths: ["/notes.txt"] }]);
  expect(await program.ask()).toBe("allow");
  const asked = program.ask({ ...writing, operation: "remove", call: "unlink" });
  await until(screen, "HELD remove /notes.txt");
  await screen.press("p", "n");
  expect(await asked).toBe("deny");
  await screen.press("<Esc>", "B", "d");
  await waitFor(() => program.holds.at(-1)?.length === 0);
  await screen.close();
  program.end();
});

test("a debugger that quits holds nothing any more", async () => {
  const program = running("quit.db");
  const screen = await openScreen(program.file);
  await until(screen, "attached");
  await screen.press("p");
  await until(screen, "HOLDING");
  const asked = program.ask();
  await until(screen, "HELD");
  await screen.press("<Esc>");
  await screen.close();
  expect(await asked).toBe(undefined);
  expect(program.holds.at(-1)).toEqual([]);
  program.end();
});

test("names and bytes of what is held reach the terminal as visible text alone", async () => {
  const program = running("hostile.db");
  const screen = await openScreen(program.file);
  await until(screen, "attached");
  const evil = "\x1b]0;owned\x07\u202e\n\x1b[2J";
  void program.ask({
    ...writing,
    hold: undefined,
    rule: evil,
    path: `/${evil}`,
    from: `/${evil}`,
    to: `/to${evil}`,
    program: evil,
    after: Buffer.from(`${evil}\n`),
  } as never);
  await until(screen, "HELD");
  await screen.press("p");
  await until(screen, "A rule asks");
  expect(screen.bytes()).not.toContain("\x1b]0;owned");
  expect(screen.bytes()).not.toContain("\u202e");
  await screen.press("<Esc>");
  await screen.close();
  program.end();
});

test("where no program runs, p says so", async () => {
  const program = running("over.db");
  program.end();
  const screen = await openScreen(program.file);
  await screen.press("p");
  await until(screen, "No program of yours");
  await screen.close();
});

async function until(screen: Screen, text: string): Promise<void> {
  await waitFor(
    () => screen.text().includes(text),
    () => `"${text}" never came:\n${screen.text()}`,
  );
  await screen.idle();
}

async function waitFor(
  holds: () => boolean,
  why: () => string = () => "it never came",
): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(why());
    await wait(10);
  }
}
