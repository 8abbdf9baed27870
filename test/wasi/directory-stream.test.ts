import { describe, expect, test } from "vitest";

import { openFilesystem } from "../support/filesystem.ts";
import { namesIn, open, put } from "../support/wasi/guest.ts";
import { codeOf } from "../support/wasi/outcome.ts";
import { listOf } from "../support/model/random-outcomes.ts";

describe("read-directory", () => {
  test("gives each entry with its own type, sorted, without . and ..", () => {
    const { root } = openFilesystem();
    root.createDirectoryAt("d");
    put(root, "z");
    root.symlinkAt("d", "a");
    put(root, "B");
    expect(listOf(root)).toEqual([
      ["B", "regular-file"],
      ["a", "symbolic-link"],
      ["d", "directory"],
      ["z", "regular-file"],
    ]);
    expect(namesIn(open(root, "d"))).toEqual([]);
  });

  test("is a picture of the moment of the call, each call a new one", () => {
    const { root } = openFilesystem();
    put(root, "a");
    put(root, "b");
    const stream = root.readDirectory();
    root.unlinkFileAt("a");
    root.renameAt("b", root, "c");
    const names = [stream.readDirectoryEntry(), stream.readDirectoryEntry()].map(
      (entry) => entry?.name,
    );
    expect(names).toEqual(["a", "b"]);
    expect(stream.readDirectoryEntry()).toBeUndefined();
    expect(stream.readDirectoryEntry()).toBeUndefined();
    expect(namesIn(root)).toEqual(["c"]);
  });

  test("is refused for a file", () => {
    const { root } = openFilesystem();
    expect(codeOf(() => put(root, "f").readDirectory())).toBe("not-directory");
  });

  test("lists ten thousand entries in order", () => {
    const { root } = openFilesystem();
    const names = Array.from({ length: 10_000 }, (_, index) => `file-${(index * 7_919) % 10_000}`);
    for (const name of names) put(root, name)[Symbol.dispose]();
    expect(namesIn(root)).toEqual(names.toSorted());
  });

  test("holds no more entries at a time than two full directories, in however many streams", () => {
    const { root } = openFilesystem({ limits: { "directory-entries": 3 } });
    for (const name of ["a", "b", "c"]) put(root, name);
    const [first] = [root.readDirectory(), root.readDirectory()];
    expect(codeOf(() => root.readDirectory())).toBe("insufficient-memory");
    for (let read = 0; read < 3; read += 1) first?.readDirectoryEntry();
    const third = root.readDirectory();
    expect(codeOf(() => root.readDirectory())).toBe("insufficient-memory");
    third[Symbol.dispose]();
    third[Symbol.dispose]();
    root.readDirectory();
    expect(codeOf(() => root.readDirectory())).toBe("insufficient-memory");
  });
});
