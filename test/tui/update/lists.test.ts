import { join } from "node:path";
import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import type { ListRow } from "../../../tui/recording/question.ts";
import { patternOf } from "../../../tui/recording/question.ts";
import { openRecording } from "../../../tui/recording/recording.ts";
import { record } from "../../support/journal.ts";
import { openSample } from "../sample.ts";
import { Desk } from "./desk.ts";

const sample = openSample();

test("a file is found by parts of its name, and selected without leaving the moment", () => {
  const desk = new Desk(sample.recording).keys("o", "srcutl");
  expect(paths(desk)).toEqual(["/app/src/util.ts"]);
  desk.keys("<enter>");
  expect(desk.state).toMatchObject({ path: "/app/src/util.ts", cursor: 21, focus: "tree" });
});

test("a file that is gone is found at the event that removed it, and one to come where it began", () => {
  const desk = new Desk(sample.recording, 45).keys("o", "package", "<enter>");
  expect(desk.state).toMatchObject({ path: "/app/package.json", cursor: 43 });
  expect(sample.recording.event(desk.state.cursor)?.kind).toBe("unlink");
  desk.keys("<ctrl+o>");
  expect(desk.state.cursor).toBe(45);
  const early = new Desk(sample.recording, 21).keys("o", "databin", "<enter>");
  expect(early.state).toMatchObject({ path: "/var/data.bin", cursor: 41 });
});

test("git's own files are found by those who name them, and are not in the way of others", () => {
  const journal = join(sample.folder, "git.db");
  record(journal, (step) => {
    step.run("guest", [], () => {
      step.mkdir("/.git");
      for (const path of ["/.git/index", "/a.txt"]) step.write(path, "x");
    });
  });
  const own = openRecording(journal);
  try {
    const desk = new Desk(own, 1).keys("o");
    expect(paths(desk)).toEqual(["/a.txt"]);
    expect(paths(desk.keys("index"))).toEqual(["/.git/index"]);
  } finally {
    own.close();
  }
});

test("a file whose name nothing is like leaves an empty list, and Backspace the rows of before", () => {
  const desk = new Desk(sample.recording).keys("o", "zzzqq");
  expect(paths(desk)).toEqual([]);
  desk.keys("<enter>");
  expect(desk.state.overlay?.kind).toBe("listing");
  desk.keys("<ctrl+u>", "map", "<down>", "<down>");
  expect(paths(desk).length).toBeGreaterThan(8);
  desk.keys("<escape>");
  expect(desk.state.overlay).toBeUndefined();
});

test("a row of a list leads to its moment, and the list comes back with its place", () => {
  const rows = [line("-", 21, "const limit = 10;"), line("+", 7, "const limit = 10;")];
  const desk = new Desk(sample.recording, 45).keys("2", "t", "limit", "<enter>");
  expect(desk.effects.at(-1)).toMatchObject({ kind: "ask", question: { text: "limit" }, head: 45 });
  const question = { of: "text", text: "limit" } as const;
  desk.send({ kind: "answered", answer: { question, rows, searched: "all", notes: [] } });
  desk.keys("j", "<enter>");
  expect(desk.state).toMatchObject({ cursor: 7, path: "/app/src/index.ts", main: { tab: "diff" } });
  // The event is selected, not the file: restoring goes to before it.
  expect(desk.state.focus).toBe("timeline");
  const before = desk.effects.length;
  desk.keys("t", "<enter>");
  expect(desk.state.overlay).toMatchObject({ listing: { place: { row: 1 } } });
  expect(desk.effects.length).toBe(before);
});

test("an answer to another question is dropped, and so is one that comes after Esc", () => {
  const question = { of: "text", text: "other" } as const;
  const answer = { question, rows: [line("+", 7, "x")], searched: "all", notes: [] } as const;
  const desk = new Desk(sample.recording)
    .keys("t", "limit", "<enter>")
    .send({ kind: "answered", answer });
  expect(desk.state.overlay).toMatchObject({ listing: { rows: [] } });
  desk.keys("<escape>");
  const before = desk.state;
  expect(desk.send({ kind: "answered", answer }).state).toEqual(before);
});

test("a text is looked for by smart case, between slashes as an expression, and a wrong one is refused", () => {
  expect(patternOf("a.b")).toEqual(/a\.b/iu);
  expect(patternOf("A.b")).toBe("A.b");
  expect(patternOf("/a.b/")).toEqual(/a.b/u);
  expect(patternOf("/a(b/")).toBeUndefined();
  const desk = new Desk(sample.recording).keys("t", "/a(b/", "<enter>");
  expect(desk.state.overlay).toMatchObject({ kind: "prompt", for: "text" });
});

test("in the main panel / finds rows, n goes around, and the moment stays", () => {
  const desk = new Desk(sample.recording, 21).keys("0", "]", "/", "file", "<enter>");
  expect(desk.state).toMatchObject({ cursor: 21, main: { tab: "content", place: { row: 5 } } });
  desk.keys("n");
  expect(desk.state.main.place.row).toBe(6);
  desk.keys("n");
  expect(desk.state.main.place.row).toBe(5);
  expect(desk.state.toast?.text).toBe("None after this: went on from the first row.");
  desk.keys("/", "no such text", "<enter>");
  expect(desk.state.toast?.text).toBe("No row here has no such text");
});

test("L40 goes to a line, d to the event that changes it next, and says if there is none", () => {
  const desk = new Desk(sample.recording, 7).keys(":", "L3", "<enter>");
  expect(desk.state).toMatchObject({ focus: "main", main: { tab: "content", place: { row: 2 } } });
  desk.keys("d");
  expect(desk.state).toMatchObject({ cursor: 21, main: { tab: "diff" } });
  desk.keys(":", "L1", "<enter>", "d");
  expect(desk.state.toast?.text).toBe("Nothing changes this row after #21.");
  expect(desk.state).toMatchObject({ cursor: 21, main: { tab: "content" } });
  desk.keys(":", "L99", "<enter>");
  expect(desk.state.toast?.text).toBe("It has 11 lines at this moment.");
  const removed = new Desk(sample.recording, 21).keys(
    "o",
    "package",
    "<enter>",
    ":",
    "L1",
    "<enter>",
    "d",
  );
  expect(sample.recording.event(removed.state.cursor)?.kind).toBe("unlink");
});

test("w lists all that changed since the pin", () => {
  const desk = new Desk(sample.recording, 13).keys("v", ":", "45", "<enter>", "w");
  expect(desk.state).toMatchObject({ path: "/", focus: "main", pin: 13, main: { tab: "diff" } });
});

test("u asks to undo the event of this moment alone", () => {
  const desk = new Desk(sample.recording, 21).keys("u");
  expect(desk.effects.at(-1)).toMatchObject({ kind: "plan", plan: "undo", event: 21 });
  const refused = new Desk(sample.recording, 20).keys("u");
  expect(refused.effects).toEqual([]);
  expect(refused.state.toast?.text).toContain("z undoes the whole run");
});

function line(sign: "+" | "-", seq: number, text: string): ListRow {
  return { kind: "line", sign, seq: seq as Seq, path: "/app/src/index.ts", text };
}

function paths({ state: { overlay } }: Desk): readonly string[] {
  if (overlay?.kind !== "listing") return [];
  return overlay.listing.rows.flatMap((row) => (row.kind === "file" ? [row.path] : []));
}
