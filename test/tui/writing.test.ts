import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { openReader } from "../../journal/index.ts";
import { type Screen, openScreen } from "../support/screen.ts";
import { recordSample, temporaryDirectory } from "./sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);

test("a restore shows its plan, appends, and tells the way back, which undo and redo go", async () => {
  await onSample("restore.db", { at: "12" }, async (screen) => {
    await screen.press("2", "g", "r");
    expect(screen.text()).toContain("Restore / to #12");
    expect(screen.text()).toContain("Nothing is lost: z undoes it.");
    expect(screen.state().head).toBe(45);
    await screen.press("y");
    const restored = screen.state().head;
    expect(restored).toBeGreaterThan(45);
    expect(screen.text()).toContain("z undoes it.");
    expect(changesSince(screen, 12, restored)).toBe(0);
    await screen.press("z");
    expect(screen.text()).toContain("Undo run 3  restore #12?");
    await screen.press("y");
    const undone = screen.state().head;
    expect(changesSince(screen, 45, undone)).toBe(0);
    await screen.press("Z", "y");
    expect(changesSince(screen, 12, screen.state().head)).toBe(0);
  });
});

test("a path alone can be restored, and one that is like that already is not", async () => {
  await onSample("path.db", { at: "12" }, async (screen) => {
    await screen.press("2", "=", "j".repeat(20), "k");
    const { path } = screen.state();
    await screen.press("r", "<Esc>");
    expect(screen.state().head).toBe(45);
    expect(path).not.toBe("/");
    await screen.press("1", "G", "2", "g", "r");
    expect(screen.text()).toContain("nothing to change");
  });
});

test("what cannot be undone is told, and nothing happens", async () => {
  await onSample("none.db", {}, async (screen) => {
    await screen.press("Z");
    expect(screen.text()).toContain("There is no undo to take back");
    await screen.press("x");
    expect(screen.state().head).toBe(45);
  });
});

test("a mark stays in the journal", async () => {
  const file = await onSample("mark.db", { at: "21" }, async (screen) => {
    await screen.press("m", "z");
    expect(screen.text()).toContain("Marked #21 as z");
    expect(screen.text()).toContain("PAUSED #21/46");
    await screen.press("g", "'", "z");
    expect(screen.state().cursor).toBe(21);
  });
  const journal = openReader(file);
  expect(journal.mark("z")).toBe(21);
  journal.close();
});

test("a file is saved as it was, and never over another", async () => {
  const target = join(directory.path, "saved.ts");
  await onSample("save.db", { at: "7" }, async (screen) => {
    await screen.press("s", target, "<Enter>");
    expect(screen.text()).toContain("Saved as");
    expect(readFileSync(target, "utf8")).toContain("const limit = 10;");
    await screen.press("L", "s", target, "<Enter>");
    expect(screen.text()).toContain("never");
    expect(screen.text()).toContain("use another name.");
    expect(screen.state().overlay).toMatchObject({ kind: "prompt", text: target });
    expect(readFileSync(target, "utf8")).toContain("const limit = 10;");
  });
  expect(existsSync(target)).toBe(true);
});

async function onSample(
  name: string,
  options: Parameters<typeof openScreen>[1],
  body: (screen: Screen) => Promise<void>,
): Promise<string> {
  const file = join(directory.path, name);
  recordSample(file);
  const screen = await openScreen(file, options);
  try {
    await body(screen);
  } finally {
    expect(await screen.close()).toBe(0);
  }
  return file;
}

function changesSince(screen: Screen, from: number, to: number): number {
  type Moment = Parameters<typeof screen.session.program.recording.changes>[0];
  return screen.session.program.recording.changes(from as Moment, to as Moment, "/").length;
}
