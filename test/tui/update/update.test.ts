import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Seq } from "../../../journal/index.ts";
import { openRecording } from "../../../tui/recording/recording.ts";
import { type Recorder, record } from "../../support/journal.ts";
import { openSample } from "../sample.ts";
import { Desk } from "./desk.ts";

const sample = openSample();

const openDesk = (cursor?: number) => new Desk(sample.recording, cursor);

test("a step moves every panel, and the timeline's event decides what they are about", () => {
  const desk = openDesk().keys("h");
  expect(desk.state).toMatchObject({ cursor: 20, settled: 20 });
  desk.keys("l", "l");
  expect(desk.state).toMatchObject({ cursor: 22, settled: 22, path: "/app/src/util.ts" });
});

test("in another panel the reader watches one path while time goes by, also when it is renamed", () => {
  const desk = openDesk(18).keys("0", "l");
  expect(desk.state).toMatchObject({ cursor: 19, path: "/app/build/bundle.js" });
  desk.keys("l", "l");
  expect(desk.state).toMatchObject({ cursor: 21, path: "/app/build/bundle.js" });
  desk.keys("h", "h", "h");
  expect(desk.state).toMatchObject({ cursor: 18, path: "/app/build/out.js" });
});

test("keys that come fast move the cursor, and the costly panels wait", () => {
  const desk = openDesk();
  desk.send({ kind: "key", token: "l", pace: "burst" });
  expect(desk.state).toMatchObject({ cursor: 22, settled: 21 });
  desk.send({ kind: "settle" });
  expect(desk.state.settled).toBe(22);
});

test("L and H go along the events of one file, under all its names", () => {
  const desk = openDesk(15).keys("L", "L", "L");
  expect(desk.state.cursor).toBe(18);
  desk.keys("L");
  expect(desk.state).toMatchObject({ cursor: 19, path: "/app/build/bundle.js" });
  desk.keys("H", "H");
  expect(desk.state).toMatchObject({ cursor: 17, path: "/app/build/out.js" });
});

test("H finds a file that is gone", () => {
  const desk = openDesk(43).keys("H");
  expect(desk.state).toMatchObject({ path: "/app/package.json", cursor: 11 });
});

test("the ends of time say so", () => {
  expect(openDesk(0).keys("h").state.toast?.text).toContain("before the first");
  expect(openDesk(45).keys("l").state.toast?.text).toContain("last event");
});

test("growth does not move a reader, is counted, and F catches up", () => {
  const desk = openDesk(21).send({ kind: "grew", head: 45 as Seq, rate: 10 });
  expect(desk.state).toMatchObject({ cursor: 21, mode: { kind: "paused" } });
  desk.keys("F");
  expect(desk.state).toMatchObject({ cursor: 45, mode: { kind: "live" } });
  desk.keys("k");
  expect(desk.state).toMatchObject({ cursor: 44, mode: { kind: "paused", known: 45 } });
});

test("a filter keeps the moment, moves by matches, and Esc clears it", () => {
  const desk = openDesk().keys("f", "op:write", "<enter>");
  expect(desk.state.filter).toMatchObject({ state: "done", matches: { count: 17 } });
  expect(desk.state.cursor).toBe(21);
  desk.keys("j");
  expect(desk.state.cursor).toBe(26);
  desk.keys("k", "k");
  expect(desk.state.cursor).toBe(18);
  desk.keys("<escape>");
  expect(desk.state.filter).toBeUndefined();
});

test("with a filter h and l step through what is shown, from between two matches too", () => {
  const desk = openDesk().keys("f", "op:write", "<enter>", "l");
  expect(desk.state.cursor).toBe(26);
  desk.keys("h", "h");
  expect(desk.state.cursor).toBe(18);
  desk.keys(":", "20", "<enter>", "h");
  expect(desk.state.cursor).toBe(18);
  desk.keys(":", "20", "<enter>", "l");
  expect(desk.state.cursor).toBe(21);
  desk.keys("G", "l");
  expect(desk.state.toast?.text).toBe("No match after this; Esc clears the filter.");
});

test.each([
  ["-op:write", 28],
  ["-op:write,create", 15],
  ["op:write -path:*.map", 9],
  ["error:not-permitted", 1],
])("the filter %s finds what it says, looked up or not", (text, count) => {
  expect(openDesk().keys("f", text, "<enter>").state.filter?.matches.count).toBe(count);
});

test("a search goes to the next match and keeps the rest in sight", () => {
  const desk = openDesk(1).keys("/", "path:*.map", "<enter>");
  expect(desk.state.cursor).toBe(25);
  desk.keys("n");
  expect(desk.state.cursor).toBe(26);
  desk.keys("N");
  expect(desk.state.cursor).toBe(25);
});

test("a search goes on around the ends, says so, and can begin backwards", () => {
  const desk = openDesk(1).keys("\\", "path:*.map", "<enter>");
  expect(desk.state.cursor).toBe(40);
  expect(desk.state.toast?.text).toBe("None before this: went on from the end.");
  desk.keys("n");
  expect(desk.state.cursor).toBe(25);
  expect(desk.state.toast?.text).toBe("None after this: went on from the beginning.");
  desk.keys("/", "op:rename", "<enter>", "n");
  expect(desk.state.toast?.text).toBe("This is the only match.");
  desk.keys("/", "path:nowhere", "<enter>");
  expect(desk.state.toast?.text).toBe("Nothing matches path:nowhere");
});

test("a stop at a breakpoint says which one it was, and that the moment is a stop", () => {
  const desk = openDesk(21).keys("b", "j", "b", "g", "c");
  expect(desk.state.cursor).toBe(7);
  expect(desk.state.stop).toMatchObject({ seq: 7 });
  expect(desk.state.toast?.text).toBe(
    "Stopped by breakpoint 1 of 2: op:write path:/app/src/index.ts",
  );
});

test("! shows what was refused, and again shows everything", () => {
  const desk = openDesk().keys("!");
  expect(desk.state.filter?.matches.count).toBe(1);
  expect(desk.keys("!").state.filter).toBeUndefined();
});

test("a breakpoint on an event stops runs in both directions, and b takes it away", () => {
  const desk = openDesk(21).keys("b");
  expect(desk.state.toast?.text).toBe(
    "Breaks on op:write path:/app/src/index.ts. c runs on, C back.",
  );
  desk.keys("c");
  expect(desk.state.cursor).toBe(44);
  desk.keys("C", "C");
  expect(desk.state.cursor).toBe(7);
  desk.keys("C");
  expect(desk.state.toast?.text).toContain("No breakpoint");
  desk.keys("b");
  expect(desk.state.breakpoints).toEqual([]);
});

test("a breakpoint on a directory stops at everything below it", () => {
  const desk = openDesk(0).keys("2", "g", "j", "b");
  expect(desk.state.breakpoints).toHaveLength(1);
  const below = openDesk(24).keys("2", "b", "c");
  expect(below.state.path).toBe("/app/build/maps");
  expect(below.state.cursor).toBe(25);
});

test("a breakpoint on bytes stops at the last event that changed them", () => {
  // The third line of index.ts: written with the file, changed by the build, and not touched by the end of it.
  const desk = openDesk(45).keys(":44", "<enter>", "0", "]", "jj", "b", "C");
  expect(desk.state.cursor).toBe(21);
  desk.keys("C");
  expect(desk.state.cursor).toBe(7);
});

test.each([
  ["12", 12],
  ["#30", 30],
  ["50%", 23],
  ["+5", 26],
  ["-5", 16],
  ["-3ms", 18],
  ["06:00:00.010", 9],
  ["@-1", 44],
  ["run:1", 12],
  ["a", 12],
  ["mark:a", 12],
])("from #21 :%s goes to #%i", (text, seq) => {
  expect(openDesk(21).keys(":", text, "<enter>").state.cursor).toBe(seq);
});

test("events that a reader has gone to are not new", () => {
  const desk = openDesk(21);
  desk.state = { ...desk.state, mode: { kind: "paused", known: 33 as Seq } };
  expect(desk.keys("G").state.mode).toEqual({ kind: "paused", known: 45 });
  expect(desk.keys("k").state.mode).toEqual({ kind: "paused", known: 45 });
});

test("where a run begins or ends and at a mark, the panels are about all files", () => {
  const paths = [45, 44, 14, 13].map((seq) => openDesk(seq).state.path);
  expect(paths).toEqual(["/", "/app/src/index.ts", "/", "/"]);
});

test("jumps can be gone back through, and forward again", () => {
  const desk = openDesk(21).keys(":5", "<enter>", ":40", "<enter>", "l", "<ctrl+o>");
  expect(desk.state.cursor).toBe(5);
  desk.keys("<ctrl+o>");
  expect(desk.state.cursor).toBe(21);
  desk.keys("<ctrl+n>");
  expect(desk.state.cursor).toBe(5);
  desk.keys("'", "'");
  expect(desk.state.cursor).toBe(21);
});

test("a mark asks for a letter, and is jumped to by it", () => {
  const desk = openDesk(30).keys("m", "q");
  expect(desk.effects).toEqual([{ kind: "mark", name: "q", at: 30 }]);
  desk.keys("'", "a");
  expect(desk.state.cursor).toBe(12);
});

test("{ and } go to the starts of runs", () => {
  const desk = openDesk(21).keys("{");
  expect(desk.state.cursor).toBe(14);
  desk.keys("{");
  expect(desk.state.cursor).toBe(1);
  desk.keys("}");
  expect(desk.state.cursor).toBe(14);
});

test("the pin is kept until Esc lets it go", () => {
  const desk = openDesk(9).keys("v", "l");
  expect(desk.state).toMatchObject({ pin: 9, cursor: 10 });
  expect(desk.keys("<escape>").state.pin).toBeUndefined();
});

test("playing goes on until the end, and a key that moves stops it", () => {
  const desk = openDesk(40).keys(" ");
  expect(desk.state.mode.kind).toBe("playing");
  desk.send({ kind: "played", events: 2 });
  expect(desk.state).toMatchObject({ cursor: 42, mode: { kind: "playing" } });
  desk.send({ kind: "played", events: 10 });
  expect(desk.state).toMatchObject({ cursor: 45, mode: { kind: "paused" } });
  expect(openDesk(40).keys(" ", "h").state.mode.kind).toBe("paused");
});

test("Esc goes one step out at a time and never quits", () => {
  const desk = openDesk().keys("v", "+", "f", "op:write", "<enter>", "?");
  const left = () => [desk.state.overlay, desk.state.filter, desk.state.pin].filter(Boolean).length;
  expect(left()).toBe(3);
  for (let step = 0; step < 10; step += 1) desk.keys("<escape>");
  expect(left()).toBe(0);
  expect(desk.state).toMatchObject({ zoom: "split", focus: "timeline", cursor: 21 });
  expect(desk.effects.filter(({ kind }) => kind === "quit")).toEqual([]);
});

test("Enter leads from a line to the event that first wrote it, and back", () => {
  const desk = openDesk(44).keys("0", "]", "]", "<enter>");
  expect(desk.state.cursor).toBe(7);
  desk.keys("<ctrl+o>");
  expect(desk.state.cursor).toBe(44);
});

test("where the events of a save are told one by one, Enter leads to the one that wrote the line anew", () => {
  const desk = openDesk(44).keys("E", "0", "]", "]", "<enter>");
  expect(desk.state).toMatchObject({ cursor: 21, edits: "events" });
  expect(desk.keys("E").state.edits).toBe("saves");
});

test("directories open, close, and stay open where one walked", () => {
  const desk = openDesk(21).keys("2", "k", "<enter>");
  expect(desk.state.tree.open.has("/app/src")).toBe(false);
  desk.keys("<enter>", "j");
  expect(desk.state.path).toBe("/app/src/index.ts");
  desk.keys("-");
  expect([...desk.state.tree.open]).toEqual(["/"]);
  desk.keys("=");
  expect(desk.state.tree.open.has("/app/src")).toBe(true);
});

test("where a run ends, = opens the directories that it changed something in", () => {
  const desk = openDesk(45).keys("2", "-", "=");
  expect([...desk.state.tree.open]).toEqual(
    expect.arrayContaining(["/app/src", "/app/build", "/app/build/maps"]),
  );
});

test("y copies the path that is shown, and Y the number of the event", () => {
  const desk = openDesk(21).keys("y", "Y");
  expect(desk.effects).toEqual([
    { kind: "copy", text: desk.state.path },
    { kind: "copy", text: "#21" },
  ]);
});

test.each<[string, (step: Recorder, temporary: string) => void]>([
  ["a rename", (step, temporary) => step.rename(temporary, "/a.txt")],
  ["an exchange", (step, temporary) => step.exchange(temporary, "/a.txt")],
])("on a save by %s, b breaks on the file that is saved", (_, save) => {
  const file = join(mkdtempSync(join(sample.folder, "saves-")), "saves.db");
  record(file, (step) => {
    step.run("guest", [], () => step.write("/a.txt", "none"));
    for (const [index, text] of ["one", "two"].entries())
      step.run("guest", [], () => {
        step.write(`/${index + 1}.tmp`, text);
        save(step, `/${index + 1}.tmp`);
      });
  });
  const saves = openRecording(file);
  try {
    const last = saves.journal.head() - 1;
    const desk = new Desk(saves, last).keys("b", "C");
    expect(desk.state.breakpoints).toMatchObject([
      { criteria: { paths: [{ kind: "exact", path: "/a.txt" }] } },
    ]);
    expect(saves.event(desk.state.cursor)).toMatchObject({ path: "/1.tmp", to: "/a.txt" });
  } finally {
    saves.close();
  }
});
