import { describe, expect, test } from "vitest";

import { openFilesystem } from "../support/filesystem.ts";
import { bytesOf, keep, namesIn, open, put, textAt, textOf } from "../support/wasi/guest.ts";
import { codeOf } from "../support/wasi/outcome.ts";

describe("remove-directory-at", () => {
  test.each([
    ["empty", "ok"],
    ["empty/", "ok"],
    ["to-full/inner", "ok"],
    ["full", "not-empty"],
    ["f", "not-directory"],
    ["f/", "not-directory"],
    ["to-empty", "not-directory"],
    ["to-empty/", "not-directory"],
    [".", "invalid"],
    ["empty/.", "invalid"],
    ["..", "not-permitted"],
    ["full/inner/..", "not-permitted"],
    ["/", "not-permitted"],
    ["missing", "no-entry"],
    ["missing/", "no-entry"],
    ["", "no-entry"],
  ])("of %j is %s", (path, code) => {
    const { root } = furnished();
    expect(codeOf(() => root.removeDirectoryAt(path))).toBe(code);
    if (code === "ok") expect(codeOf(() => root.statAt(keep, path))).toBe("no-entry");
  });

  test("leaves open descriptors of it valid, but nothing can be made in it", () => {
    const { root } = furnished();
    const empty = open(root, "empty");
    root.removeDirectoryAt("empty");
    expect(empty.stat()).toMatchObject({ type: "directory", linkCount: 0n });
    expect(namesIn(empty)).toEqual([]);
    expect(empty.statAt(keep, ".").type).toBe("directory");
    expect(codeOf(() => empty.statAt(keep, ".."))).toBe("not-permitted");
    expect(codeOf(() => empty.createDirectoryAt("x"))).toBe("no-entry");
    expect(codeOf(() => empty.openAt(keep, "x", { create: true }, {}))).toBe("no-entry");
    expect(codeOf(() => root.renameAt("f", empty, "x"))).toBe("no-entry");
  });
});

describe("unlink-file-at", () => {
  test.each([
    ["f", "ok"],
    ["to-empty", "ok"],
    ["to-full/g", "ok"],
    ["empty", "is-directory"],
    ["empty/", "is-directory"],
    [".", "is-directory"],
    ["empty/..", "is-directory"],
    ["f/", "not-directory"],
    ["to-empty/", "not-directory"],
    ["missing", "no-entry"],
    ["missing/", "no-entry"],
    ["f/x", "not-directory"],
    ["/f", "not-permitted"],
  ])("of %j is %s", (path, code) => {
    const { root } = furnished();
    expect(codeOf(() => root.unlinkFileAt(path))).toBe(code);
    if (code === "ok") expect(codeOf(() => root.statAt(keep, path))).toBe("no-entry");
  });

  test("removes a link, not what it names", () => {
    const { root } = furnished();
    root.unlinkFileAt("to-full");
    expect(textAt(root, "full/g")).toBe("in full");
  });

  test("leaves an open file readable and writable, and out of the tree once it is closed", () => {
    const { root, fs } = furnished();
    const before = fs.tree.count;
    const file = open(root, "f", { read: true, write: true });
    const other = open(root, "f");
    root.unlinkFileAt("f");
    put(root, "f", "another")[Symbol.dispose]();
    file.write(bytesOf("TEXT and more"), 0n);
    expect(textOf(other)).toBe("TEXT and more");
    expect(textAt(root, "f")).toBe("another");

    file[Symbol.dispose]();
    expect(textOf(other)).toBe("TEXT and more");
    expect(fs.tree.count).toBe(before + 1);
    other[Symbol.dispose]();
    expect(fs.tree.count).toBe(before);
  });
});

function furnished() {
  const fixture = openFilesystem();
  const { root } = fixture;
  for (const path of ["empty", "full", "full/inner"]) root.createDirectoryAt(path);
  put(root, "f", "text")[Symbol.dispose]();
  put(root, "full/g", "in full")[Symbol.dispose]();
  root.symlinkAt("empty", "to-empty");
  root.symlinkAt("full", "to-full");
  return fixture;
}
