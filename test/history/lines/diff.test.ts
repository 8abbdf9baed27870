import * as fc from "fast-check";
import { expect, test } from "vitest";

import { type Seq, rootIno } from "../../../journal/index.ts";
import { type Inode, type Tree, inodeOf, sortedXattrs, xattrsOf } from "../../../src/fs/index.ts";
import {
  type Change,
  type ReadTape,
  diffContent,
  diffTrees,
  lookup,
  modesOf,
  readRange,
  tapeOf,
  walk,
  xattrChangesOf,
} from "../../../src/history/index.ts";
import { steps } from "../../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { scale } from "../../support/scale.ts";

test("a diff turns the list of all that was into the list of all that is", () => {
  fc.assert(
    fc.property(steps(60), fc.nat(), fc.nat(), (changes, a, b) => {
      const { fs, journal, history } = openRecording();
      changeAsRun(fs, changes);
      const [from, to] = [a % (journal.head() + 1), b % (journal.head() + 1)] as [Seq, Seq];
      const [before, after] = [history.at(from), history.at(to)];
      const readTape = tapeOf(journal);
      const diff = diffTrees(before, after, { readTape });
      const expected = listOf(after, readTape);
      expect(carriedOut(diff, listOf(before, readTape), readTape)).toEqual(expected);
      // Nothing is listed that did not change.
      for (const one of diff) {
        const { path, change, content, before: was, after: is } = one;
        if (
          modesOf(one) === undefined &&
          xattrChangesOf(one, { readTape }).length === 0 &&
          change === "modified" &&
          was !== undefined &&
          is !== undefined
        ) {
          expect([path, contentOf(was, readTape)]).not.toEqual([path, contentOf(is, readTape)]);
          expect(content).toBe("changed");
        }
      }
      journal.close();
    }),
    { numRuns: 40 * scale },
  );
});

test("a state does not differ from itself, nor from one that was made by other ways", () => {
  fc.assert(
    fc.property(steps(40), (changes) => {
      const { fs, journal, history } = openRecording();
      changeAsRun(fs, changes);
      const head = journal.head();
      expect(diffTrees(history.at(head), fs.tree, { times: "include" })).toEqual([]);
      journal.close();
    }),
  );
});

test("each kind of change has its name", () => {
  const { recorder, history, journal } = openRecording();
  recorder.run("first", [], () => {
    recorder.mkdir("/kept");
    recorder.mkdir("/moved");
    recorder.write("/moved/inside", "as it was");
    recorder.write("/changed", "one\ntwo\n");
    recorder.write("/gone", "gone");
    recorder.write("/old name", "same");
    recorder.write("/becomes a directory", "x");
    recorder.write("/replaced", "old");
    recorder.write("/cut", "12345");
  });
  const before = journal.head();
  recorder.run("second", [], () => {
    recorder.write("/changed", "ONE");
    recorder.remove("/gone");
    recorder.rename("/old name", "/new name");
    recorder.rename("/moved", "/elsewhere");
    recorder.remove("/becomes a directory");
    recorder.mkdir("/becomes a directory");
    recorder.write("/kept/added", "new");
    recorder.symlink("/kept/link", "added");
    recorder.write("/temporary", "new content");
    recorder.rename("/temporary", "/replaced");
    recorder.truncate("/cut", 2);
  });
  const changes = diffTrees(history.at(before), history.at(journal.head()));
  expect(changes.map(({ change, from, path, content }) => [change, from, path, content])).toEqual([
    ["type-changed", undefined, "/becomes a directory", "changed"],
    ["modified", undefined, "/changed", "changed"],
    ["modified", undefined, "/cut", "changed"],
    ["renamed", "/moved", "/elsewhere", "same"],
    ["removed", undefined, "/gone", "changed"],
    ["added", undefined, "/kept/added", "changed"],
    ["added", undefined, "/kept/link", "changed"],
    ["renamed", "/old name", "/new name", "same"],
    ["modified", undefined, "/replaced", "changed"],
  ]);
});

test("what was written again with the same bytes differs by place, not by bytes", () => {
  const { recorder, history, journal } = openRecording();
  recorder.run("first", [], () => recorder.write("/file", "the same\n"));
  const before = history.at(journal.head());
  recorder.run("second", [], () => recorder.write("/file", "the same\n"));
  const after = history.at(journal.head());
  expect(diffTrees(before, after)).toHaveLength(1);
  expect(diffTrees(before, after, { readTape: tapeOf(journal) })).toEqual([]);
});

test("text differs by lines, bytes by ranges, and what is too much by ranges too", () => {
  const { recorder, history, journal } = openRecording();
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  recorder.run("first", [], () => {
    recorder.write("/text", lines.join("\n"));
    recorder.write("/bytes", new Uint8Array(100));
  });
  const before = history.at(journal.head());
  recorder.run("second", [], () => {
    recorder.write("/text", "LINE", 0);
    recorder.write("/bytes", new Uint8Array(10).fill(1), 50);
  });
  const after = history.at(journal.head());
  const differ = (path: string, budget = {}) =>
    diffContent(lookup(before, path), lookup(after, path), tapeOf(journal), budget);

  expect(differ("/text")).toMatchObject({
    kind: "text",
    added: 1,
    removed: 1,
    hunks: [{ beforeStart: 1, afterStart: 1, beforeLines: 4, afterLines: 4 }],
  });
  expect(differ("/bytes")).toEqual({
    kind: "bytes",
    ranges: [{ start: 50, end: 60 }],
    more: false,
    why: "binary",
  });
  expect(differ("/text", { lines: 10 })).toMatchObject({ kind: "bytes", why: "large" });
  expect(differ("/text", { bytes: 10 })).toMatchObject({ kind: "bytes", why: "large" });
  expect(diffContent(lookup(before, "/text"), lookup(before, "/text"), tapeOf(journal))).toEqual({
    kind: "none",
  });
});

test("a file without a newline at its end says so in its last line", () => {
  const { recorder, history, journal } = openRecording();
  recorder.run("first", [], () => recorder.write("/file", "one\ntwo\n"));
  const before = lookup(history.at(journal.head()), "/file");
  recorder.run("second", [], () => recorder.truncate("/file", 7));
  const after = lookup(history.at(journal.head()), "/file");
  expect(diffContent(before, after, tapeOf(journal))).toMatchObject({
    hunks: [
      {
        lines: [
          { sign: " ", text: "one", newline: true },
          { sign: "-", text: "two", newline: true },
          { sign: "+", text: "two", newline: false },
        ],
      },
    ],
  });
});

/** Carries out each change on the list before: entries of a directory move with it. */
function carriedOut(
  changes: readonly Change[],
  before: ReadonlyMap<string, string>,
  readTape: ReadTape,
): Map<string, string> {
  const byOldPath = new Map(
    changes
      .filter(({ before: was }) => was !== undefined)
      .map((one) => [one.from ?? one.path, one]),
  );
  const newPaths = new Map([["/", "/"]]);
  const list = new Map<string, string>();
  for (const [path, content] of before) {
    const change = byOldPath.get(path);
    if (change?.change === "removed") {
      newPaths.set(path, change.path);
      continue;
    }
    const slash = path.lastIndexOf("/");
    const parent = newPaths.get(path.slice(0, Math.max(slash, 1))) ?? "";
    const name = path.slice(slash);
    const newPath = change?.path ?? (path === "/" ? "/" : parent === "/" ? name : parent + name);
    newPaths.set(path, newPath);
    // A replaced entry is not listed apart from the rename.
    if (changes.some((one) => one.path === newPath && one.replaced !== undefined && one !== change))
      continue;
    const isNew = change?.content === "changed" && change.after !== undefined;
    const hasAttributes = change !== undefined && xattrChangesOf(change, { readTape }).length > 0;
    list.set(
      newPath,
      isNew || hasAttributes ? heldBy(change?.after ?? change?.before, readTape) : content,
    );
  }
  for (const { path, change, after } of changes) {
    if (change === "added" && after !== undefined) list.set(path, heldBy(after, readTape));
  }
  return list;
}

function listOf(tree: Tree, readTape: ReadTape): Map<string, string> {
  const root = inodeOf(tree, rootIno);
  const list = new Map<string, string>();
  if (root === undefined) return list;
  for (const { path, inode } of walk(tree, root, "/")) list.set(path, heldBy(inode, readTape));
  return list;
}

/** All of an inode that a diff tells of. */
function heldBy(inode: Inode | undefined, readTape: ReadTape): string {
  if (inode === undefined) return "nothing";
  const attributes = sortedXattrs(xattrsOf(inode) ?? new Map()).map(([name, { tape, length }]) => {
    const value = Buffer.alloc(length);
    readTape(tape, length, value);
    return `${name}=${value.toString("hex")}`;
  });
  return [contentOf(inode, readTape), ...attributes].join(" ");
}

function contentOf(inode: Inode, readTape: ReadTape): string {
  if (inode.type === "directory") return "directory";
  if (inode.type === "symlink") return `-> ${inode.target}`;
  if (inode.type !== "file") return inode.type;
  return `file ${Buffer.from(readRange(inode, readTape)).toString("base64")}`;
}
