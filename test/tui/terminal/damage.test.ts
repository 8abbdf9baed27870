import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, expect, test } from "vitest";

import { runTui } from "../../../tui/index.ts";
import { openScreen } from "../../support/screen/screen.ts";
import { recordSample, temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);

test("bytes that are damaged are told of where they would stand, and the rest can be looked at", async () => {
  const file = spoiled("tape.db", "UPDATE segment SET crc = (crc + 1) % 1000");
  const screen = await openScreen(file, { at: "21" });
  expect(screen.text()).toContain("This cannot be shown");
  await screen.press("0", "]", "]", "]");
  expect(screen.text()).toContain("offset");
  await screen.press("1", "j", "j", "j");
  expect(screen.state().cursor).toBe(24);
  expect(await screen.close()).toBe(0);
});

test("an event that is damaged has its row, and moments behind it say why they cannot be shown", async () => {
  const file = spoiled("event.db", "UPDATE event SET kind = 99 WHERE seq = 25");
  const screen = await openScreen(file, { at: "21" });
  expect(screen.text()).toContain("damaged: see rewindfs verify");
  expect(screen.text()).toContain("index.ts");
  await screen.press("j".repeat(5));
  expect(screen.state().cursor).toBe(26);
  expect(screen.text()).toContain("Damaged before this moment.");
  await screen.press("k".repeat(5));
  expect(screen.text()).toContain("+ const limit");
  expect(await screen.close()).toBe(0);
});

test("lists and searches in a damaged journal say what is damaged, and the screen stays", async () => {
  const events = spoiled("list.db", "UPDATE event SET kind = 99 WHERE seq = 25");
  const screen = await openScreen(events, { at: "26" });
  await screen.press("o", "bundle");
  expect(screen.text()).toContain("/app/build/bundle.js");
  await screen.press("<Enter>", "<Esc>", "t", "limit", "<Enter>");
  expect(screen.text()).toMatch(/damaged|at #?25|event 25/);
  await screen.press("<Esc>", "i");
  expect(screen.text()).toMatch(/damaged|at #?25|event 25/);
  await screen.press("<Esc>", ":21", "<Enter>");
  expect(screen.state().cursor).toBe(21);
  expect(await screen.close()).toBe(0);
});

test("a journal of a newer version is refused in words", async () => {
  const file = spoiled("newer.db", "PRAGMA user_version = 99");
  let text = "";
  const stream = { isTTY: true, columns: 80, rows: 24 };
  const code = await runTui({
    journalFile: file,
    env: { TERM: "xterm" },
    stdin: stream as unknown as NodeJS.ReadStream,
    stdout: stream as unknown as NodeJS.WriteStream,
    stderr: {
      write: (chunk: string) => (text += chunk) !== "",
    } as unknown as NodeJS.WritableStream,
  });
  expect(code).toBe(2);
  expect(text).toMatch(/^rewindfs: cannot open .*newer version/);
});

function spoiled(name: string, sql: string): string {
  const file = join(directory.path, name);
  recordSample(file);
  const db = new Database(file);
  db.exec(sql);
  db.close();
  return file;
}
