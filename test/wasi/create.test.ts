import { describe, expect, test } from "vitest";

import { type Name, rootIno } from "../../journal/index.ts";
import type { Descriptor } from "../../src/wasi/index.ts";
import { openFilesystem } from "../support/filesystem.ts";
import { bytesOf, follow, keep, open, put, textAt, textOf } from "../support/wasi/guest.ts";
import { codeOf } from "../support/wasi/outcome.ts";

describe("create-directory-at", () => {
  test.each([
    ["new", "ok"],
    ["new/", "ok"],
    ["new//", "ok"],
    ["d/new", "ok"],
    ["to-d/new", "ok"],
    ["d", "exist"],
    ["d/", "exist"],
    ["f", "exist"],
    ["f/", "exist"],
    ["dangling", "exist"],
    ["dangling/", "exist"],
    ["to-d", "exist"],
    [".", "exist"],
    ["d/..", "exist"],
    ["missing/new", "no-entry"],
    ["f/new", "not-directory"],
    ["", "no-entry"],
    ["/new", "not-permitted"],
    ["../new", "not-permitted"],
  ])("of %j is %s", (path, code) => {
    const { root } = furnished();
    expect(codeOf(() => root.createDirectoryAt(path))).toBe(code);
    if (code === "ok") expect(root.statAt(keep, path).type).toBe("directory");
  });
});

describe("symlink-at", () => {
  test.each([
    ["f", "new", "ok"],
    ["../../elsewhere", "new", "ok"],
    ["missing", "d/new", "ok"],
    ["/f", "new", "not-permitted"],
    ["/", "new", "not-permitted"],
    ["", "new", "no-entry"],
    ["a\0b", "new", "invalid"],
    ["x/".repeat(2_049), "new", "name-too-long"],
    ["f", "f", "exist"],
    ["f", "d", "exist"],
    ["f", "dangling", "exist"],
    ["f", ".", "exist"],
    ["f", "new/", "no-entry"],
    ["f", "d/", "exist"],
    ["f", "f/", "not-directory"],
    ["f", "missing/new", "no-entry"],
    ["f", "f/new", "not-directory"],
    ["f", "/new", "not-permitted"],
  ])("of %.20j at %j is %s", (target, path, code) => {
    const { root } = furnished();
    expect(codeOf(() => root.symlinkAt(target, path))).toBe(code);
    if (code === "ok") expect(root.readlinkAt(path)).toBe(target);
  });

  test("gives a link the size of its target in bytes", () => {
    const { root } = furnished();
    root.symlinkAt("é/漢", "new");
    expect(root.statAt(keep, "new")).toMatchObject({ type: "symbolic-link", size: 6n });
  });
});

describe("readlink-at", () => {
  test.each([
    ["f", "invalid"],
    ["d", "invalid"],
    [".", "invalid"],
    ["missing", "no-entry"],
    ["dangling", "ok"],
    ["absolute", "not-permitted"],
    ["", "no-entry"],
    ["/f", "not-permitted"],
  ])("of %j is %s", (path, code) => {
    const { root } = furnished();
    expect(codeOf(() => root.readlinkAt(path))).toBe(code);
  });

  test("gives the target as it was given", () => {
    const { root } = furnished();
    root.symlinkAt("./d//../x/", "new");
    expect(root.readlinkAt("new")).toBe("./d//../x/");
  });
});

describe("link-at", () => {
  test.each([
    ["f", keep, "new", "ok"],
    ["f", keep, "d/new", "ok"],
    ["dangling", keep, "new", "ok"],
    ["f", follow, "new", "invalid"],
    ["missing", keep, "new", "no-entry"],
    ["missing", keep, "f", "no-entry"],
    ["d", keep, "new", "not-permitted"],
    [".", keep, "new", "not-permitted"],
    ["f/", keep, "new", "not-directory"],
    ["f", keep, "f", "exist"],
    ["f", keep, "d", "exist"],
    ["f", keep, "d/", "exist"],
    ["f", keep, "dangling", "exist"],
    ["f", keep, ".", "exist"],
    ["f", keep, "new/", "no-entry"],
    ["f", keep, "missing/new", "no-entry"],
    ["f", keep, "f/new", "not-directory"],
    ["f", keep, "../new", "not-permitted"],
    ["../f", keep, "new", "not-permitted"],
  ])("of %j with %j to %j is %s", (path, flags, newPath, code) => {
    const { root } = furnished();
    expect(codeOf(() => root.linkAt(flags, path, root, newPath))).toBe(code);
  });

  test("gives the same object one more name", () => {
    const { root } = furnished();
    const d = open(root, "d");
    root.linkAt(keep, "f", d, "hard");
    expect(root.statAt(keep, "f").linkCount).toBe(2n);
    expect(root.metadataHashAt(keep, "f")).toEqual(d.metadataHashAt(keep, "hard"));
    open(d, "hard", { write: true }).write(bytesOf("TEXT"), 0n);
    expect(textAt(root, "f")).toBe("TEXT");
    root.unlinkFileAt("f");
    expect(textAt(d, "hard")).toBe("TEXT");
    expect(d.statAt(keep, "hard").linkCount).toBe(1n);
  });

  test("links a symlink itself", () => {
    const { root } = furnished();
    root.linkAt(keep, "to-d", root, "hard");
    expect(root.statAt(keep, "hard").type).toBe("symbolic-link");
    expect(root.statAt(keep, "to-d").linkCount).toBe(2n);
  });

  test("does not bring back a file that has no name", () => {
    const { root } = furnished();
    const file = open(root, "f");
    root.unlinkFileAt("f");
    expect(codeOf(() => root.linkAt(keep, "f", root, "back"))).toBe("no-entry");
    expect(textOf(file)).toBe("text");
  });
});

test.each([
  ["rw", "ro"],
  ["ro", "rw"],
  ["ro", "ro"],
] as const)("linking and renaming from a %s to a %s preopen is not permitted", (from, to) => {
  const wasi = furnished().serve({
    preopens: [
      { path: "/rw", access: "read-write" },
      { path: "/ro", access: "read-only" },
    ],
  });
  const [[rw], [ro]] = wasi.preopens.getDirectories() as [
    [Descriptor, string],
    [Descriptor, string],
  ];
  const of = { rw, ro };
  expect(codeOf(() => of[from].linkAt(keep, "f", of[to], "new"))).toBe("not-permitted");
  expect(codeOf(() => of[from].renameAt("f", of[to], "new"))).toBe("not-permitted");
});

function furnished() {
  const fixture = openFilesystem();
  const { root, fs } = fixture;
  root.createDirectoryAt("d");
  put(root, "f", "text");
  root.symlinkAt("d", "to-d");
  root.symlinkAt("missing-target", "dangling");
  // No guest can make this one, but an import can.
  fs.perform({ kind: "symlink", parent: rootIno, name: "absolute" as Name, target: "/f" });
  return fixture;
}
