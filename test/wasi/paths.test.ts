import { describe, expect, test } from "vitest";

import { type Name, rootIno } from "../../journal/index.ts";
import type { Descriptor } from "../../src/wasi/index.ts";
import { openFilesystem } from "../support/filesystem.ts";
import { follow, keep, namesIn, open, put, textAt } from "../support/wasi/guest.ts";
import { codeOf } from "../support/wasi/outcome.ts";

describe("a path", () => {
  test.each([
    ["", "no-entry"],
    ["/", "not-permitted"],
    ["/d", "not-permitted"],
    ["..", "not-permitted"],
    ["../", "not-permitted"],
    ["../d", "not-permitted"],
    ["d/../..", "not-permitted"],
    ["d/../../d/f", "not-permitted"],
    ["d/..", "ok"],
    ["d/../d/f", "ok"],
    ["missing/../f", "no-entry"],
    ["f/../f", "not-directory"],
    ["f/.", "not-directory"],
    ["f/x", "not-directory"],
    ["d/", "ok"],
    ["d///", "ok"],
    ["d//f", "ok"],
    ["./", "ok"],
    [".//", "ok"],
    ["//", "not-permitted"],
    ["f/", "not-directory"],
    ["d/f//", "not-directory"],
    ["missing", "no-entry"],
    ["missing/", "no-entry"],
    ["missing/x", "no-entry"],
    ["to-d/f", "ok"],
    ["to-d/../f", "ok"],
    ["to-root/f", "not-permitted"],
    ["absolute/f", "not-permitted"],
    ["outside/f", "not-permitted"],
    ["outside-and-back/f", "not-permitted"],
    ["loop/f", "loop"],
    ["dangling/f", "no-entry"],
    ["to-f/x", "not-directory"],
    ["a\0b", "invalid"],
    ["\0", "invalid"],
    ["d/\0", "invalid"],
    ["x".repeat(255), "no-entry"],
    ["x".repeat(256), "name-too-long"],
    ["é".repeat(127), "no-entry"],
    ["é".repeat(128), "name-too-long"],
    [`d/${"x".repeat(256)}/y`, "name-too-long"],
    ["d/../".repeat(819) + "f", "ok"],
    ["d/../".repeat(820) + "f", "name-too-long"],
    ["\ud800", "invalid"],
  ])("%j is %s", (path, code) => {
    expect(codeOf(() => furnished().statAt(keep, path))).toBe(code);
  });

  test.each([
    ["to-f", keep, "symbolic-link"],
    ["to-f", follow, "regular-file"],
    ["to-d", follow, "directory"],
    ["to-d/", follow, "directory"],
    ["d/up", follow, "regular-file"],
    ["dangling", keep, "symbolic-link"],
    ["absolute", keep, "symbolic-link"],
    ["outside", keep, "symbolic-link"],
    ["loop", keep, "symbolic-link"],
    ["d-with-slash", follow, "directory"],
  ])("%s with %j leads to a %s", (path, flags, type) => {
    expect(furnished().statAt(flags, path).type).toBe(type);
  });

  test.each([
    ["dangling", "no-entry"],
    ["absolute", "not-permitted"],
    ["outside", "not-permitted"],
    ["outside-and-back", "not-permitted"],
    ["loop", "loop"],
    ["to-f/", "not-directory"],
    ["f-with-slash", "not-directory"],
  ])("that ends in the link %s is %s when links are followed", (path, code) => {
    expect(codeOf(() => furnished().statAt(follow, path))).toBe(code);
  });

  test.each([
    "back\\slash",
    "new\nline",
    "%2e",
    "%2e%2e",
    "👩‍👩‍👧",
    "...",
    "..a",
    " ",
    "__proto__",
    "a:b",
    "*",
  ])("may name a file %j", (name) => {
    const { root } = openFilesystem();
    put(root, name, name);
    expect(namesIn(root)).toEqual([name]);
    expect(textAt(root, name)).toBe(textAt(root, `./${name}`));
    expect(codeOf(() => root.unlinkFileAt(name))).toBe("ok");
  });

  test("crosses 40 links and no more", () => {
    const root = furnished();
    root.symlinkAt("f", "link1");
    for (let link = 2; link <= 41; link += 1) root.symlinkAt(`link${link - 1}`, `link${link}`);
    expect(codeOf(() => root.statAt(follow, "link40"))).toBe("ok");
    expect(codeOf(() => root.statAt(follow, "link41"))).toBe("loop");
  });

  test("starts at the descriptor, wherever its directory was moved to", () => {
    const root = furnished();
    const d = open(root, "d");
    root.createDirectoryAt("elsewhere");
    root.renameAt("d", root, "elsewhere/d");
    expect(textAt(d, "f")).toBe("in d");
    expect(codeOf(() => d.statAt(keep, ".."))).toBe("not-permitted");
  });

  test("leads nowhere from a file", () => {
    const file = put(furnished(), "f2");
    const calls: Record<string, () => unknown> = {
      openAt: () => file.openAt(keep, "x", {}, {}),
      statAt: () => file.statAt(keep, "x"),
      setTimesAt: () => file.setTimesAt(keep, "x", { tag: "now" }, { tag: "now" }),
      createDirectoryAt: () => file.createDirectoryAt("x"),
      linkAt: () => file.linkAt(keep, "x", file, "y"),
      readlinkAt: () => file.readlinkAt("x"),
      removeDirectoryAt: () => file.removeDirectoryAt("x"),
      renameAt: () => file.renameAt("x", file, "y"),
      symlinkAt: () => file.symlinkAt("x", "y"),
      unlinkFileAt: () => file.unlinkFileAt("x"),
      metadataHashAt: () => file.metadataHashAt(keep, "x"),
    };
    for (const [name, call] of Object.entries(calls))
      expect([name, codeOf(call)]).toEqual([name, "not-directory"]);
  });
});

/** Makes d (a directory), d/f, f, and links of every kind. */
function furnished(): Descriptor {
  const { root, fs } = openFilesystem();
  root.createDirectoryAt("d");
  put(root, "f", "in root");
  put(root, "d/f", "in d");
  const links = {
    "to-f": "f",
    "to-d": "d",
    "d/up": "../f",
    "to-root": "d/../../",
    outside: "../elsewhere",
    "outside-and-back": "../root/d",
    dangling: "missing",
    loop: "loop",
    "d-with-slash": "d/",
    "f-with-slash": "f/",
  };
  for (const [path, target] of Object.entries(links)) root.symlinkAt(target, path);
  // No guest can make this one, but an import can.
  fs.perform({ kind: "symlink", parent: rootIno, name: "absolute" as Name, target: "/d" });
  return root;
}
