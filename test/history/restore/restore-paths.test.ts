import fc from "fast-check";
import { expect, test } from "vitest";

import type { Name, Seq } from "../../../journal/index.ts";
import type { Inode, Tree } from "../../../src/fs/index.ts";
import {
  RestoreError,
  isAtOrBelow,
  lookup,
  restore,
  undo,
  verifyStates,
  walk,
} from "../../../src/history/index.ts";
import { steps } from "../../support/model/mutations.ts";
import { changeAsRun, difference, openRecording } from "../../support/recording.ts";
import { scale } from "../../support/scale.ts";

test("a restore of some paths brings back what was there, and changes nothing else", () => {
  fc.assert(
    fc.property(
      steps(60),
      steps(60),
      fc.nat(),
      fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
      (before, after, at, picks) => {
        const { fs, journal, history } = openRecording();
        changeAsRun(fs, before);
        changeAsRun(fs, after);
        const head = journal.head();
        const seq = (at % (head + 1)) as Seq;
        const [then, now] = [history.at(seq), history.at(head)];
        const known = [...pathsOf(then).keys(), ...pathsOf(now).keys()];
        const paths = picks.map((pick) => known[pick % known.length] ?? "/");
        try {
          restore(fs, history, seq, { paths });
        } catch (error) {
          if (!(error instanceof RestoreError) || error.code !== "blocked") throw error;
          expect(journal.head()).toBe(head);
          return;
        }
        const result = fs.tree;
        expect(inside(result, paths)).toEqual(inside(then, paths));
        expect(outside(result, paths)).toEqual(outside(now, paths));
        expect(verifyStates(journal)).toBeUndefined();
        if (journal.head() === head) return;
        undo(fs, history);
        expect(difference(now, fs.tree)).toEqual([]);
      },
    ),
    { numRuns: 12 * scale },
  );
});

test("a file that was renamed out of the scope comes back as one of its own", () => {
  const { fs, journal, history, recorder: r } = openRecording();
  r.run("make", [], () => (r.mkdir("/a"), r.mkdir("/b"), r.write("/a/f", "one")));
  const seq = journal.head();
  r.run("move", [], () => r.rename("/a/f", "/b/f"));
  const moved = lookup(fs.tree, "/b/f");
  const { changes, notes } = restore(fs, history, seq, { paths: ["/a"] });
  expect(changes.map(({ path, change }) => `${change} ${path}`)).toEqual([
    "touched /a",
    "added /a/f",
  ]);
  expect(notes).toEqual([
    { path: "/a/f", note: "the same file stands at /b/f now and stays there: a copy was restored" },
  ]);
  expect(lookup(fs.tree, "/b/f")).toBe(moved);
  expect(lookup(fs.tree, "/a/f")?.ino).not.toBe(moved?.ino);
  expect(journal.tapeLength(journal.head())).toBe(3);
});

test("copies of a file and of a directory have numbers in the order in which they were made", () => {
  const { fs, journal, history, recorder: r } = openRecording();
  r.run("make", [], () => (r.mkdir("/a"), r.write("/a/d", "one"), r.mkdir("/a/e"), r.mkdir("/b")));
  const seq = journal.head();
  r.run("move", [], () => (r.rename("/a/d", "/b/d"), r.rename("/a/e", "/b/e")));
  const { changes } = restore(fs, history, seq, { paths: ["/a"] });
  expect(changes.map(({ path }) => path)).toEqual(["/a", "/a/d", "/a/e"]);
  expect(verifyStates(journal)).toBeUndefined();
});

test("a name of a file that did not change becomes a link to it again", () => {
  const { fs, journal, history, recorder: r } = openRecording();
  r.run("make", [], () => {
    r.mkdir("/a");
    r.write("/f", "one");
    const file = lookup(fs.tree, "/f");
    const directory = lookup(fs.tree, "/a");
    if (file === undefined || directory === undefined) throw new Error("nothing was made");
    fs.perform({ kind: "link", ino: file.ino, parent: directory.ino, name: "g" as Name });
  });
  const seq = journal.head();
  r.run("unlink", [], () => r.remove("/a/g"));
  restore(fs, history, seq, { paths: ["/a/g"] });
  expect(lookup(fs.tree, "/a/g")).toBe(lookup(fs.tree, "/f"));
});

test("directories that held the path are made again", () => {
  const { fs, journal, history, recorder: r } = openRecording();
  r.run(
    "make",
    [],
    () => (r.mkdir("/a"), r.mkdir("/a/b"), r.write("/a/b/f", "one"), r.write("/a/g", "g")),
  );
  const seq = journal.head();
  r.run(
    "remove",
    [],
    () => (r.remove("/a/b/f"), r.remove("/a/b"), r.remove("/a/g"), r.remove("/a")),
  );
  const { notes } = restore(fs, history, seq, { paths: ["/a/b/f"] });
  expect(notes.map(({ path }) => path)).toEqual(["/a", "/a/b"]);
  expect([...pathsOf(fs.tree).keys()]).toEqual(["/", "/a", "/a/b", "/a/b/f"]);
});

test("a path that never existed, or that a file now bars, is refused", () => {
  const { fs, journal, history, recorder: r } = openRecording();
  r.run("make", [], () => (r.mkdir("/a"), r.write("/a/f", "one")));
  const seq = journal.head();
  r.run("change", [], () => (r.remove("/a/f"), r.remove("/a"), r.write("/a", "file")));
  const codes = ["/nothing", "/a/f"].map((path) => {
    try {
      restore(fs, history, seq, { paths: [path] });
      return "done";
    } catch (error) {
      if (!(error instanceof RestoreError)) throw error;
      return error.code;
    }
  });
  expect(codes).toEqual(["no-path", "blocked"]);
});

function pathsOf(tree: Tree): Map<string, Inode> {
  const root = lookup(tree, "/");
  if (root === undefined) throw new Error("there is no root");
  return new Map([...walk(tree, root, "/")].map(({ path, inode }) => [path, inode]));
}

function inside(tree: Tree, paths: readonly string[]): string[] {
  return [...pathsOf(tree)]
    .filter(([path]) => paths.some((top) => isAtOrBelow(path, top)))
    .map(([path, inode]) => `${path} ${describe(inode)}`);
}

/**
 * Lists entries outside of the paths, with their inode numbers; a directory that gains or loses one of them keeps only
 * its name.
 */
function outside(tree: Tree, paths: readonly string[]): string[] {
  const above = new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/")) || "/"));
  return [...pathsOf(tree)]
    .filter(([path, { type }]) => {
      if (paths.some((top) => isAtOrBelow(path, top))) return false;
      // Directories above a path that are made again.
      return type !== "directory" || !paths.some((top) => isAtOrBelow(top, path));
    })
    .map(([path, inode]) => `${path} ${inode.ino} ${above.has(path) ? "" : describe(inode)}`);
}

function describe(inode: Inode): string {
  const { type, atime, mtime } = inode;
  const body =
    inode.type === "symlink"
      ? inode.target
      : inode.type === "file"
        ? JSON.stringify([inode.content.size, inode.content.mapped, ...inode.content.blocks.root])
        : "";
  return `${type} ${atime} ${mtime} ${body}`;
}
