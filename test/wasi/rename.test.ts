import { describe, expect, test } from "vitest";

import type { Descriptor } from "../../src/wasi/index.ts";
import { openFilesystem } from "../support/filesystem.ts";
import { keep, namesIn, open, put, textAt, textOf } from "../support/wasi/guest.ts";
import { codeOf } from "../support/wasi/outcome.ts";

describe("rename-at", () => {
  test.each([
    ["f", "new", "ok"],
    ["f", "full/new", "ok"],
    ["f", "g", "ok"],
    ["f", "to-f", "ok"],
    ["f", "f", "ok"],
    ["f", "hard", "ok"],
    ["f", "empty", "is-directory"],
    ["f", "empty/", "is-directory"],
    ["f", "full", "is-directory"],
    ["f", "new/", "not-directory"],
    ["f", "g/", "not-directory"],
    ["f/", "new", "not-directory"],
    ["empty", "new", "ok"],
    ["empty/", "new/", "ok"],
    ["empty", "other", "ok"],
    ["full", "empty/", "ok"],
    ["full", "full", "ok"],
    ["empty", "full", "not-empty"],
    ["empty", "f", "not-directory"],
    ["empty", "f/", "not-directory"],
    ["empty", "to-f", "not-directory"],
    ["full", "full/new", "invalid"],
    ["full", "full/inner/new", "invalid"],
    ["full", "full/inner", "invalid"],
    ["full/inner", "full", "not-empty"],
    [".", "new", "invalid"],
    ["f", ".", "invalid"],
    ["full/inner/..", "new", "invalid"],
    ["f", "full/..", "invalid"],
    ["missing", "new", "no-entry"],
    ["missing", "f", "no-entry"],
    ["f", "missing/new", "no-entry"],
    ["f", "g/new", "not-directory"],
    ["..", "new", "not-permitted"],
    ["f", "../new", "not-permitted"],
    ["/f", "new", "not-permitted"],
    ["f", "/new", "not-permitted"],
    ["", "new", "no-entry"],
    ["to-f", "new", "ok"],
    ["dangling", "f", "ok"],
  ])("from %j to %j is %s", (path, newPath, code) => {
    const { root } = furnished();
    const before = allOf(root);
    expect(codeOf(() => root.renameAt(path, root, newPath))).toBe(code);
    if (code !== "ok") expect(allOf(root)).toEqual(before);
  });

  test.each([
    ["f", "f"],
    ["f", "hard"],
    ["full", "full"],
    ["f", "./full/../f"],
  ])("from %j to %j, the same object, does nothing", (path, newPath) => {
    const { root, journal } = furnished();
    const before = [allOf(root), journal.head()];
    root.renameAt(path, root, newPath);
    expect([allOf(root), journal.head()]).toEqual(before);
  });

  test("replaces a file at once, and what was there lives on for who has it open", () => {
    const { root } = furnished();
    const old = open(root, "g");
    root.renameAt("f", root, "g");
    expect(textAt(root, "g")).toBe("in f");
    expect(textOf(old)).toBe("in g");
    expect(codeOf(() => root.statAt(keep, "f"))).toBe("no-entry");
  });

  test("moves a link itself, from one directory to another", () => {
    const { root } = furnished();
    root.renameAt("to-f", open(root, "full"), "moved");
    expect(root.readlinkAt("full/moved")).toBe("f");
  });

  test("moves a directory with all below it, and descriptors follow", () => {
    const { root } = furnished();
    const inner = open(root, "full/inner");
    root.renameAt("full", open(root, "empty"), "moved");
    put(inner, "made", "by descriptor");
    expect(textAt(root, "empty/moved/inner/made")).toBe("by descriptor");
    expect(textAt(root, "empty/moved/h")).toBe("in full");
  });

  test("never moves or replaces what is a preopen's directory", () => {
    const { root, serve } = furnished();
    const wasi = serve({
      preopens: [
        { path: "/", access: "read-write" },
        { path: "/inner", directory: "/full/inner", access: "read-write" },
      ],
    });
    const [[all], [inner]] = wasi.preopens.getDirectories() as [
      [Descriptor, string],
      [Descriptor, string],
    ];
    expect(codeOf(() => all.renameAt("full/inner", all, "new"))).toBe("not-permitted");
    expect(codeOf(() => all.renameAt("empty", all, "full/inner"))).toBe("not-permitted");
    expect(codeOf(() => all.removeDirectoryAt("full/inner"))).toBe("not-permitted");

    all.renameAt("full", all, "moved");
    put(inner, "made", "still there");
    expect(textAt(all, "moved/inner/made")).toBe("still there");
    expect(root.statAt(keep, "moved/inner").linkCount).toBe(1n);
  });
});

function furnished() {
  const fixture = openFilesystem();
  const { root } = fixture;
  for (const path of ["empty", "other", "full", "full/inner"]) root.createDirectoryAt(path);
  put(root, "f", "in f");
  put(root, "g", "in g");
  put(root, "full/h", "in full");
  root.linkAt(keep, "f", root, "hard");
  root.symlinkAt("f", "to-f");
  root.symlinkAt("missing", "dangling");
  return fixture;
}

/** Lists every path with its inode. */
function allOf(directory: Descriptor, path = ""): string[] {
  return namesIn(directory).flatMap((name) => {
    const below = `${path}/${name}`;
    const line = `${below} ${directory.metadataHashAt(keep, name).lower}`;
    const isDirectory = directory.statAt(keep, name).type === "directory";
    return isDirectory ? [line, ...allOf(open(directory, name), below)] : [line];
  });
}
