import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { record } from "../../support/journal.ts";
import { type Screen, openScreen } from "../../support/screen/screen.ts";
import { hostile } from "../../support/hostile/hostile.ts";
import { temporaryDirectory } from "../sample.ts";
import { anyCharacter } from "../../support/any-character.ts";
import { seedOf } from "../../support/random.ts";
import { scale } from "../../support/scale.ts";
import { some } from "../../support/some.ts";

const directory = temporaryDirectory();
const file = join(directory.path, "hostile.db");

/** Matches everything that may go to the terminal: visible text, line ends, and the control sequences that draw. */
const allowed =
  // oxlint-disable-next-line no-control-regex
  /^(?:[^\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\n|\x1b\[[\d;]*[mABCDEGHJK]|\x1b\]11;\?\x07|\x1b\[\?(?:25|7|1000|1002|1006|1049|2026|2004)[hl])*$/u;

beforeAll(() => recordHostile(file, hostile));
afterAll(directory.remove);

test("nothing that a guest named or wrote reaches the terminal as anything but visible text", async () => {
  for (const options of some([
    { columns: 120, rows: 36 },
    { columns: 48, rows: 16 },
    { ascii: true },
  ])) {
    const screen = await openScreen(file, options);
    await walkThrough(screen);
    expect(unallowed(screen.bytes())).toBe("");
    expect(await screen.close()).toBe(0);
  }
});

test("so it is in a list of findings, and in the diff of a plan", async () => {
  const screen = await openScreen(file, { columns: 120, rows: 36 });
  await screen.press("i");
  await screen.press("j", "j", "<Enter>", ":1", "<Enter>", "2", "g", "r", "d", "j", "<Esc>");
  expect(screen.text()).toContain("y restore");
  expect(unallowed(screen.bytes())).toBe("");
  await screen.close();
});

test("it stays so for names and contents at random", async () => {
  const text = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 24 }).filter(isName);
  const seed = scale > 1 ? seedOf() : 7;
  const names = fc.sample(text, { numRuns: scale > 1 ? 60 : 12, seed });
  const random = join(directory.path, "random.db");
  recordHostile(random, [...new Set(names)]);
  const screen = await openScreen(random, { columns: 100, rows: 40 });
  await walkThrough(screen);
  expect(unallowed(screen.bytes()), `seed ${seed}`).toBe("");
  await screen.close();
});

test("copying sends the visible form and nothing else", async () => {
  const screen = await openScreen(file, { at: "run:1" });
  await screen.press("2", "j");
  const before = screen.bytes().length;
  await screen.press("y");
  const sent = screen.bytes().slice(before);
  // oxlint-disable-next-line no-control-regex
  const copied = /\x1b\]52;c;([\w+/=]*)\x07/.exec(sent)?.[1] ?? "";
  expect(Buffer.from(copied, "base64").toString("utf8")).toMatch(/^\/[^\p{C}]+$/u);
  expect(unallowed(sent.replace(`\x1b]52;c;${copied}\x07`, ""))).toBe("");
  await screen.close();
});

test("what is typed and pasted is shown as visible text too", async () => {
  const screen = await openScreen(file);
  await screen.press(
    "f",
    "\x1b[200~path:\x1b]0;x\x07\u202e\n\tb\x1b[201~",
    "<Enter>",
    "?",
    "é漢字",
    "<Esc>",
  );
  expect(unallowed(screen.bytes())).toBe("");
  await screen.close();
});

function recordHostile(path: string, texts: readonly string[]): void {
  record(path, (recorder) => {
    recorder.run(texts[0] ?? "", texts, () => {
      recorder.mkdir("/d");
      for (const [index, text] of texts.entries()) {
        recorder.write(`/d/${text}`, `${texts.join("\n")}\r\n\t${text}`);
        recorder.symlink(`/d/link${index}`, text);
        recorder.rename(`/d/${text}`, `/d/${index}${text}`);
        recorder.refuse("open-at", `/../${text}`);
      }
    });
    for (const text of texts) recorder.mark(text);
  });
}

/** Opens every tab, overlay and panel, over many of the events. */
async function walkThrough(screen: Screen): Promise<void> {
  for (let at = 1; at < 60; at += 20) {
    await screen.press(`:${at}`, "<Enter>");
    await screen.press("0", "]", "]", "j", "x", "x", "]", "G", "]");
  }
  await screen.press("2", "=", "G", "<PageUp>", "b", "1", "b", "B");
  await screen.press("<Esc>", "r", "<Esc>", "'", "<Esc>", "F", "v", "H", "H", "0", "2");
  await screen.press("o", "e", "<Down>", "<Enter>", "t", "e", "<Enter>", "j", "<Enter>");
  await screen.press("0", "/", "e", "<Enter>", "n", "w", "j", "<Enter>", "u", "<Esc>", "1");
  await screen.press("/", "e", "<Enter>", "n", "n", "f", "op:fail", "<Enter>", "<Esc>", "<Esc>");
}

function unallowed(bytes: string): string {
  if (allowed.test(bytes)) return "";
  // Shows the first forbidden piece.
  let good = 0;
  for (let step = bytes.length; step >= 1; step = Math.floor(step / 2))
    while (good + step <= bytes.length && allowed.test(bytes.slice(0, good + step))) good += step;
  return JSON.stringify(bytes.slice(good, good + 60));
}

function isName(text: string): boolean {
  return (
    !/[/\0]/.test(text) && text.isWellFormed() && text !== "." && text !== ".." && text.length < 60
  );
}
