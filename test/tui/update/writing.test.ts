import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { type Event, type Kind, openReader } from "../../../journal/index.ts";
import { record } from "../../support/journal.ts";
import { type Screen, openScreen } from "../../support/screen/screen.ts";
import { recordSample, temporaryDirectory } from "../sample.ts";

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

/** Returns a screen's text without its frames: where its lines end depends on how long the path of the journal is. */
function unwrapped(text: string): string {
  return text.replaceAll(/[\s┃│]+/g, " ");
}

test("nothing is written to another journal that took the place of the one on the screen, nor in an empty place", async () => {
  await onSample("replaced.db", { at: "12" }, async (screen) => {
    const file = join(directory.path, "replaced.db");
    await screen.press("2", "g", "r");
    renameSync(file, `${file}.old`);
    await screen.press("y");
    expect(unwrapped(screen.text())).toContain("replaced.db any more");
    await screen.press("<Esc>", "m", "a");
    expect(existsSync(file)).toBe(false);
    record(file, (step) => void step.run("other", [], () => step.write("/x", "x")));
    const events = () => {
      const journal = openReader(file);
      const head = journal.head();
      journal.close();
      return head;
    };
    const before = events();
    await screen.press("<Esc>", "m", "a");
    expect(unwrapped(screen.text())).toContain("is another journal now");
    expect(events()).toBe(before);
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
    expect(screen.text()).toContain("like that already; h steps further back");
  });
});

test("what is gone is offered as it was when it was last there", async () => {
  await onSample("gone.db", {}, async (screen) => {
    const { seq: removed } = eventOn(screen, "unlink", "/app/package.json");
    await screen.press(":", `${removed}`, "<Enter>");
    await screen.press("s");
    expect(screen.text()).toContain(`Gone at #${removed}; h steps back to when it was there`);
    await screen.press("r");
    expect(screen.text()).toContain(`Restore /app/package.json to #${removed - 1}`);
    await screen.press("<Esc>", "0", "r");
    expect(screen.text()).toContain(`Restore /app/package.json to #${removed - 1}`);
    expect(screen.text()).toContain(`It is gone at #${removed}`);
    await screen.press("y");
    const { head } = screen.state();
    expect(screen.session.program.recording.inodeAt("/app/package.json", head)?.type).toBe("file");
  });
});

test("on an event of the timeline a path goes back to before it", async () => {
  await onSample("before.db", {}, async (screen) => {
    const { seq: linked } = eventOn(screen, "symlink", "/var/link");
    await screen.press("1", ":", `${linked}`, "<Enter>", "r");
    expect(screen.text()).toContain(`Restore /var/link to #${linked - 1}`);
    await screen.press("y");
    const { head } = screen.state();
    expect(screen.session.program.recording.inodeAt("/var/link", head)).toBeUndefined();
  });
});

test("what cannot come back just as it was is told in the question", async () => {
  await onSample("notes.db", {}, async (screen) => {
    const { seq: renamed } = eventOn(screen, "rename", "/app/build/out.js");
    await screen.press(":", `${renamed - 1}`, "<Enter>", "r");
    expect(screen.text()).toContain("/app/build/out.js: the same file stands at");
    expect(screen.text()).toContain("stays there: a copy was");
    await screen.press("<Esc>");
    await screen.resize(50, 12);
    await screen.press("r");
    expect(screen.text()).toContain("y restore");
  });
});

test("what was never there, and what is like that already, tell the way to where it is not so", async () => {
  await onSample("way.db", {}, async (screen) => {
    const { seq: renamed } = eventOn(screen, "rename", "/app/build/out.js");
    await screen.press(":", `${renamed - 1}`, "<Enter>", "2", "h", "h", "h", "h", "h", "r");
    expect(screen.state().path).toBe("/app/build/out.js");
    expect(screen.text()).toContain(`L goes to #${renamed - 4}: /app/build/out.js`);
    const { seq: linked } = eventOn(screen, "symlink", "/var/link");
    await screen.press("1", ":", `${linked}`, "<Enter>", "0", "r");
    expect(screen.text()).toContain("h steps back to before this event");
    await screen.press("2", "l", "l", "r");
    expect(screen.text()).toContain(`since #${linked}; :${linked - 1} is before that`);
  });
});

test("a run that changed nothing in the end can be undone, so that the one before it can be", async () => {
  const file = join(directory.path, "idle.db");
  record(file, (recorder) => {
    recorder.run("one", [], () => recorder.write("/a", "a"));
    recorder.run("two", [], () => (recorder.write("/t", "t"), recorder.remove("/t")));
    recorder.run("three", [], () => recorder.write("/a", "b"));
    recorder.run("four", [], () => recorder.write("/a", "a"));
  });
  const screen = await openScreen(file);
  for (const run of [4, 3, 2, 1]) {
    await screen.press("z");
    expect(screen.text()).toContain(`Undo run ${run}`);
    await screen.press("y");
  }
  expect(screen.session.program.recording.inodeAt("/a", screen.state().head)).toBeUndefined();
  await screen.press("z");
  expect(screen.text()).toContain("Nothing can be undone");
  await screen.close();
});

test("what cannot be undone is told, and nothing happens", async () => {
  await onSample("none.db", {}, async (screen) => {
    await screen.press("Z");
    expect(screen.text()).toContain("There is no undo of a run to take back");
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

function eventOn(screen: Screen, kind: Kind, path: string): Event {
  const { journal } = screen.session.program.recording;
  const [event] = journal.query({ kinds: new Set([kind]), paths: [path] });
  if (event === undefined) throw new Error(`there is no ${kind} of ${path}`);
  return event;
}

function changesSince(screen: Screen, from: number, to: number): number {
  type Moment = Parameters<typeof screen.session.program.recording.changes>[0];
  return screen.session.program.recording.changes(from as Moment, to as Moment, "/").length;
}
