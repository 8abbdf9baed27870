import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { compareText } from "../../../src/history/index.ts";
import { type Recording, openRecording } from "../../../tui/recording/recording.ts";
import { axisOf, columnOf } from "../../../tui/panels/scrubber.ts";
import { type TreeRow, type TreeRows, ancestors, treeRows } from "../../../tui/rows/tree-rows.ts";
import { record } from "../../support/journal.ts";
import { attempts } from "../../support/scale.ts";
import { recordSample, temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);

test("the rows of the tree are what a walk through the open directories gives, at every moment", () => {
  withSample((recording) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: recording.head() }),
        fc.subarray(["/app", "/app/src", "/app/build", "/app/build/maps", "/var"]),
        fc.constantFrom("/", "/app/src/index.ts", "/var/data.bin", "/no/such"),
        (at, open, path) => {
          const view = { at: at as Seq, pin: undefined, open: new Set(["/", ...open]), path };
          const rows = treeRows(recording, view);
          const all = everyRow(rows);
          const shown = all.filter(({ inode }) => inode !== undefined).map((row) => row.path);
          expect(shown).toEqual(
            walked(recording, at as Seq, new Set([...view.open, ...ancestors(path)])),
          );
          for (const [index, row] of all.entries()) expect(rows.rowOf(row.path)).toBe(index);
        },
      ),
      { numRuns: attempts(150) },
    );
  });
});

test("what an event removed is still shown where it stood, and a change marks the way to it", () => {
  withSample((recording) => {
    const rows = treeRows(recording, {
      at: 43 as Seq,
      pin: undefined,
      open: new Set(["/", "/app"]),
      path: "/app/package.json",
    });
    const letters = new Map(everyRow(rows).map((row) => [row.path, row.letter]));
    expect(letters.get("/app/package.json")).toBe("D");
    expect(letters.get("/app")).toBe("M");
    expect(letters.get("/var")).toBeUndefined();
    expect(rows.row(rows.rowOf("/app/package.json"))?.inode).toBeUndefined();
  });
});

test("with a pin the letters tell what became of each path since", () => {
  withSample((recording) => {
    const rows = treeRows(recording, {
      at: 45 as Seq,
      pin: 12 as Seq,
      open: new Set(["/", "/app", "/app/src", "/app/build"]),
      path: "/",
    });
    const letters = new Map(everyRow(rows).map((row) => [row.path, row.letter]));
    expect(letters.get("/app/src/index.ts")).toBe("M");
    expect(letters.get("/app/build/bundle.js")).toBe("A");
    expect(letters.get("/app/package.json")).toBe("D");
  });
});

test("names stay in order while a directory changes from one moment to the next", () => {
  const file = join(directory.path, "names.db");
  record(file, (recorder) =>
    recorder.run("guest", [], () => {
      for (let index = 0; index < 120; index += 1) {
        recorder.write(`/${(index * 7919) % 97}-${index}`, "x");
        if (index % 3 === 2) recorder.remove(`/${((index - 1) * 7919) % 97}-${index - 1}`);
      }
    }),
  );
  const recording = openRecording(file);
  for (const at of [recording.head(), 1, 50, 49, 51, 200, 199, 120]) {
    const root = recording.inodeAt("/", at as Seq);
    if (root?.type !== "directory") throw new Error("no root");
    const names = recording.names.sorted(root);
    expect(names).toHaveLength(root.size);
    expect(names).toEqual(names.toSorted(compareText));
  }
  recording.close();
});

test("the strip holds every event once, in order, in the column that it is looked for in", () => {
  withSample((recording) => {
    for (let columns = 1; columns <= 130; columns += 1) {
      const { lasts, busiest } = axisOf(recording, recording.head(), columns);
      expect(lasts).toHaveLength(columns);
      expect(lasts.at(-1)).toBe(recording.head());
      expect(lasts).toEqual(lasts.toSorted((one, other) => one - other));
      expect(busiest.every((most) => most > 0)).toBe(true);
      for (let seq = 1; seq <= recording.head(); seq += 1) {
        const column = columnOf({ lasts, busiest }, seq as Seq);
        expect(seq).toBeLessThanOrEqual(lasts[column] ?? 0);
        expect(seq).toBeGreaterThan(lasts[column - 1] ?? 0);
      }
    }
  });
});

test("a large import leaves most of the strip, and its full height, to what a program did", () => {
  const file = join(directory.path, "import.db");
  record(file, (recorder) => {
    const start = { guest: "/in", args: ["/"], environment: [], digest: "" };
    recorder.files.begin({ cause: "import", ...start });
    for (let number = 0; number < 900; number += 1) recorder.write(`/in${number}`, "x");
    recorder.files.end({ exit: 0 });
    recorder.run("python", [], () => {
      for (let number = 0; number < 20; number += 1) recorder.write(`/out${number}`, "x");
    });
  });
  const recording = openRecording(file);
  const axis = axisOf(recording, recording.head(), 100);
  const start = recording.runs()[1]?.first ?? (0 as Seq);
  expect(columnOf(axis, start)).toBeLessThan(30);
  expect(Math.max(...axis.busiest.slice(40))).toBeLessThan(10);
  recording.close();
});

function withSample(body: (recording: Recording) => void): void {
  const file = join(directory.path, "run.db");
  if (!existsSync(file)) recordSample(file);
  const recording = openRecording(file);
  try {
    body(recording);
  } finally {
    recording.close();
  }
}

function everyRow(rows: TreeRows): TreeRow[] {
  return Array.from({ length: rows.count }, (_, index) => rows.row(index)).filter(
    (row) => row !== undefined,
  );
}

function walked(recording: Recording, at: Seq, open: ReadonlySet<string>): string[] {
  const paths: string[] = [];
  const visit = (path: string): void => {
    paths.push(path);
    const inode = recording.inodeAt(path, at);
    if (inode?.type !== "directory" || !open.has(path)) return;
    for (const name of recording.names.sorted(inode)) visit(`${path === "/" ? "" : path}/${name}`);
  };
  visit("/");
  return paths;
}
