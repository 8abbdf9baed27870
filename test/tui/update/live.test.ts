import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";

import { openWriter } from "../../../journal/index.ts";
import { FileSystem, profiles } from "../../../src/fs/index.ts";
import { replay } from "../../../src/history/index.ts";
import { recorderOn } from "../../support/journal.ts";
import { type Screen, openScreen } from "../../support/screen/screen.ts";
import { temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);

test("a journal that a guest writes is followed, and nothing moves under who reads", async () => {
  const guest = openGuest("followed.db");
  const screen = await openScreen(guest.file);
  expect(screen.text()).toContain("LIVE");
  guest.write(120);
  await until(screen, "#123/123");
  await screen.press("k");
  const before = screen.text().split("\n");
  guest.write(4);
  await until(screen, "PAUSED 4 new #122/127");
  // Only the first rows, about the journal as a whole, and the count at the edge may change.
  const after = screen.text().split("\n");
  expect(after.slice(2, 12)).toEqual(before.slice(2, 12));
  expect(after.slice(14, 22)).toEqual(before.slice(14, 22));
  await screen.press("F");
  expect(screen.text()).toContain("LIVE");
  guest.write(1);
  await until(screen, "#128/128");
  guest.end();
  await screen.close();
});

test("a filter goes on with what a guest writes", async () => {
  const guest = openGuest("filtered.db");
  const screen = await openScreen(guest.file);
  await screen.press("f", "op:write", "<Enter>");
  expect(screen.text()).toContain("1 of 1 matches");
  guest.write(5);
  await until(screen, "6 of 6 matches");
  await screen.press("k");
  guest.write(2);
  await until(screen, "5 of 8 matches");
  guest.end();
  await screen.close();
});

test("hits of breakpoints are counted as they come in, and go with the breakpoint", async () => {
  const guest = openGuest("hit.db");
  const screen = await openScreen(guest.file, { columns: 120, rows: 36 });
  await screen.press("b", "B");
  expect(screen.text()).toContain("1 hit ");
  guest.write(3);
  await until(screen, "4 hits");
  await screen.press("d", "<Esc>", "g");
  expect(screen.text()).not.toContain("●");
  guest.end();
  await screen.close();
});

test("an empty journal fills before one's eyes", async () => {
  const file = join(directory.path, "empty.db");
  const journal = openWriter(file);
  const screen = await openScreen(file);
  expect(screen.text()).toContain("No events yet.");
  const files = new FileSystem({
    journal,
    tree: replay(journal, journal.head()),
    limits: profiles.default,
  });
  recorderOn(journal, files).run("guest", [], () => {});
  await until(screen, "#2/2");
  expect(screen.text()).not.toContain("No events yet.");
  journal.close();
  await screen.close();
});

test("however much comes in, the screen is drawn at most ten times a second", async () => {
  const guest = openGuest("busy.db");
  const screen = await openScreen(guest.file);
  await until(screen, "#3/3");
  const paints = screen.paints();
  const begin = performance.now();
  while (performance.now() - begin < 500) {
    guest.write(20);
    await wait(5);
  }
  const seconds = (performance.now() - begin) / 1_000;
  await screen.idle();
  expect(screen.paints() - paints).toBeLessThanOrEqual(Math.ceil(seconds * 10) + 1);
  guest.end();
  await screen.close();
});

test("while a guest is at work, a plan can be looked at, and what would write says that it has to wait", async () => {
  const guest = openGuest("locked.db");
  const screen = await openScreen(guest.file);
  await screen.press("z");
  expect(screen.text()).toContain("Undo run 1");
  await screen.press("y");
  expect(screen.text()).toContain("A guest is at work");
  expect(screen.text()).toMatch(/process\W+\d+/);
  await screen.press("<Esc>", "m", "a");
  expect(screen.text()).toContain("A guest is at work");
  await screen.press("<Esc>", "k", "r");
  expect(screen.text()).toContain("Restore");
  guest.end();
  await screen.close();
});

test("what more has happened since a question was asked is not gone over", async () => {
  const guest = openGuest("asked.db");
  const screen = await openScreen(guest.file);
  await screen.press("z");
  expect(screen.text()).toContain("Undo run 1");
  guest.write(3);
  guest.end();
  await screen.press("y");
  expect(screen.text()).toContain("More has happened since this was asked.");
  await screen.press("<Esc>", "F", "z", "y");
  expect(screen.text()).toContain("Undone");
  await screen.close();
});

function openGuest(name: string) {
  const file = join(directory.path, name);
  // Waiting for a lock that this very process holds would take forever.
  const journal = openWriter(file);
  const files = new FileSystem({
    journal,
    tree: replay(journal, journal.head()),
    limits: profiles.default,
  });
  const recorder = recorderOn(journal, files);
  files.begin({ cause: "guest", guest: "python", args: [], environment: [], digest: "" });
  recorder.write("/log.txt", "begin\n");
  files.commit();
  let at = 6;
  return {
    file,
    write(count: number) {
      for (let index = 0; index < count; index += 1) {
        recorder.write("/log.txt", "a line\n", at);
        at += 7;
      }
      files.commit();
    },
    end() {
      files.end({ exit: 0 });
      journal.close();
    },
  };
}

async function until(screen: Screen, text: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!screen.text().includes(text)) {
    if (performance.now() > end) throw new Error(`"${text}" never came:\n${screen.text()}`);
    await wait(10);
    await screen.idle();
  }
}
