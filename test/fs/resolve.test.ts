import { expect, test } from "vitest";

import { type Event, type Ino, type Name, rootIno } from "../../journal/index.ts";
import { FsError, apply, emptyTree, profiles, resolve } from "../../src/fs/index.ts";
import { noTape } from "../support/no-tape.ts";

const limits = profiles.default;

test("a path that ends in a name gives the entry, there or not", () => {
  const { tree, inoOf } = furnished();
  expect(resolve(tree, limits, rootIno, "d/f", "keep")).toEqual({
    at: "entry",
    parent: inoOf("d"),
    name: "f",
    ino: inoOf("f"),
    slash: false,
  });
  expect(resolve(tree, limits, inoOf("d"), "new/", "keep")).toEqual({
    at: "entry",
    parent: inoOf("d"),
    name: "new",
    ino: undefined,
    slash: true,
  });
});

test.each([
  [".", "", "."],
  ["d/.", "d", "."],
  ["d/e/..", "d", ".."],
  ["d/..", "", ".."],
  ["up", "", ".."],
] as const)("the path %s gives a directory, not an entry", (path, directory, last) => {
  const { tree, inoOf } = furnished();
  const ino = directory === "" ? rootIno : inoOf(directory);
  expect(resolve(tree, limits, rootIno, path, "follow")).toEqual({ at: "directory", ino, last });
});

test("a dangling link that is followed leads to the entry that it names", () => {
  const { tree, inoOf } = furnished();
  expect(resolve(tree, limits, rootIno, "dangling", "follow")).toMatchObject({
    parent: inoOf("d"),
    name: "missing",
    ino: undefined,
  });
  expect(resolve(tree, limits, rootIno, "dangling", "keep")).toMatchObject({
    parent: rootIno,
    name: "dangling",
    ino: inoOf("dangling"),
  });
});

test("a link in a directory is relative to that directory, and to the base it may not leave", () => {
  const { tree, inoOf } = furnished();
  expect(resolve(tree, limits, rootIno, "d/e/back", "follow")).toMatchObject({ ino: inoOf("f") });
  expect(codeOf(() => resolve(tree, limits, inoOf("e"), "back", "follow"))).toBe("not-permitted");
  expect(resolve(tree, limits, inoOf("e"), "back", "keep")).toMatchObject({ ino: inoOf("back") });
});

test("a maze of links ends at the limit, not before and not much later", () => {
  const { tree } = furnished();
  const maze = { ...limits, "link-depth": 3 };
  expect(codeOf(() => resolve(tree, limits, rootIno, "twice/twice/twice/x", "keep"))).toBe("loop");
  expect(codeOf(() => resolve(tree, maze, rootIno, "to-d/../to-d/../to-d/f", "keep"))).toBe("ok");
  expect(codeOf(() => resolve(tree, maze, rootIno, "to-d/../".repeat(4), "keep"))).toBe("loop");
});

test("a long path of a guest's takes no longer than its length", () => {
  const { tree, inoOf } = furnished();
  const wide = { ...limits, "path-bytes": 4_000_000 };
  // Steps that each read the rest of the path would go on far beyond the time limit of a test.
  const long = "d/../".repeat(100_000) + "d" + "/".repeat(400_000);
  expect(resolve(tree, wide, rootIno, long, "keep")).toMatchObject({ ino: inoOf("d") });
});

function furnished() {
  const tree = emptyTree();
  const inos = new Map<string, Ino>();
  const make = (kind: "create" | "mkdir" | "symlink", parent: Ino, text: string, target = "") => {
    const ino = tree.nextIno;
    const name = text as Name;
    inos.set(text, ino);
    const stamp = { seq: 1, time: 1n, run: 1, ino, path: "", parent, name } as const;
    apply(
      tree,
      (kind === "symlink" ? { ...stamp, kind, target } : { ...stamp, kind }) as unknown as Event,
      noTape,
    );
    return ino;
  };
  const d = make("mkdir", rootIno, "d");
  const e = make("mkdir", d, "e");
  make("create", d, "f");
  make("symlink", e, "back", "../f");
  make("symlink", rootIno, "dangling", "d/missing");
  make("symlink", rootIno, "up", "d/..");
  make("symlink", rootIno, "to-d", "d");
  make("symlink", rootIno, "twice", "twice/twice");
  const inoOf = (name: string): Ino => {
    const ino = inos.get(name);
    if (ino === undefined) throw new Error(`no ${name} was made`);
    return ino;
  };
  return { tree, inoOf };
}

function codeOf(call: () => unknown): string {
  try {
    call();
    return "ok";
  } catch (error) {
    if (error instanceof FsError) return error.code;
    throw error;
  }
}
