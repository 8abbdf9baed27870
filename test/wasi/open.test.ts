import { describe, expect, test } from "vitest";

import { firstPreopen, openFilesystem } from "../support/filesystem.ts";
import { bytesOf, follow, keep, open, put, textAt } from "../support/wasi/guest.ts";
import { codeOf } from "../support/wasi/outcome.ts";

const create = { create: true };
const exclusive = { create: true, exclusive: true };
const truncate = { truncate: true };
const directory = { directory: true };
const write = { write: true };
const read = { read: true };

describe("open-at", () => {
  test.each([
    ["f", keep, {}, {}, "ok"],
    ["f", keep, {}, write, "ok"],
    ["f", keep, create, {}, "ok"],
    ["f", keep, truncate, {}, "ok"],
    ["f", keep, exclusive, {}, "exist"],
    ["f", keep, { exclusive: true }, {}, "ok"],
    ["f", keep, directory, {}, "not-directory"],
    ["f/", keep, {}, {}, "not-directory"],
    ["f/", keep, create, {}, "not-directory"],
    ["f/x", keep, create, {}, "not-directory"],
    ["d", keep, {}, {}, "ok"],
    ["d", keep, directory, {}, "ok"],
    ["d/", keep, directory, read, "ok"],
    [".", keep, directory, {}, "ok"],
    ["d", keep, {}, { mutateDirectory: true }, "ok"],
    ["d", keep, {}, write, "is-directory"],
    ["d", keep, directory, write, "is-directory"],
    ["d", keep, truncate, {}, "is-directory"],
    ["d", keep, create, {}, "is-directory"],
    [".", keep, create, {}, "is-directory"],
    ["d", keep, exclusive, {}, "exist"],
    [".", keep, exclusive, {}, "exist"],
    ["d", keep, { directory: true, create: true }, {}, "invalid"],
    ["d", keep, { directory: true, exclusive: true }, {}, "invalid"],
    ["d", keep, { directory: true, truncate: true }, {}, "invalid"],
    ["new", keep, {}, {}, "no-entry"],
    ["new", keep, directory, {}, "no-entry"],
    ["new", keep, truncate, {}, "no-entry"],
    ["new", keep, {}, write, "no-entry"],
    ["new", keep, create, {}, "ok"],
    ["new", keep, exclusive, {}, "ok"],
    ["new/", keep, create, {}, "is-directory"],
    ["new/x", keep, create, {}, "no-entry"],
    ["f", keep, {}, { fileIntegritySync: true }, "unsupported"],
    ["f", keep, {}, { dataIntegritySync: true }, "unsupported"],
    ["f", keep, {}, { requestedWriteSync: true }, "unsupported"],
    ["to-f", keep, {}, {}, "loop"],
    ["to-f", keep, create, {}, "loop"],
    ["to-f", keep, directory, {}, "not-directory"],
    ["to-f", follow, {}, {}, "ok"],
    ["to-f", follow, exclusive, {}, "exist"],
    ["to-d", follow, directory, {}, "ok"],
    ["to-d", keep, directory, {}, "not-directory"],
    ["loop", follow, {}, {}, "loop"],
    ["loop", keep, {}, {}, "loop"],
    ["dangling", follow, {}, {}, "no-entry"],
    ["dangling", keep, create, {}, "loop"],
    ["dangling", follow, create, {}, "ok"],
    ["dangling", follow, exclusive, {}, "exist"],
    ["dangling", keep, exclusive, {}, "exist"],
    ["outside", follow, create, {}, "not-permitted"],
    ["", keep, create, {}, "no-entry"],
    ["/f", keep, {}, {}, "not-permitted"],
    ["../f", keep, create, {}, "not-permitted"],
  ])("of %s with %j, %j and %j is %s", (path, flags, how, mode, code) => {
    const { root } = furnished();
    expect(codeOf(() => root.openAt(flags, path, how, mode))).toBe(code);
  });

  test.each([
    ["f", create, {}],
    ["f", truncate, {}],
    ["f", {}, write],
    ["f", {}, { mutateDirectory: true }],
    ["new", create, {}],
    ["", create, {}],
  ])("of %j with %j and %j is not permitted in a read-only preopen", (path, how, mode) => {
    const { root, serve } = furnished();
    const frozen = firstPreopen(serve({ preopens: [{ path: "/", access: "read-only" }] }));
    expect(codeOf(() => frozen.openAt(keep, path, how, mode))).toBe("not-permitted");
    expect(textAt(root, "f")).toBe("text");
  });

  test("passes the preopen's access on to what is opened under it", () => {
    const { serve } = furnished();
    const frozen = firstPreopen(serve({ preopens: [{ path: "/", access: "read-only" }] }));
    const d = open(frozen, "d");
    expect(codeOf(() => d.createDirectoryAt("x"))).toBe("not-permitted");
    expect(codeOf(() => d.openAt(keep, "x", create, {}))).toBe("not-permitted");
    expect(codeOf(() => open(frozen, "f").write(bytesOf("x"), 0n))).toBe("not-permitted");
  });

  test.each([
    [{}, {}, "reads"],
    [{}, read, "reads"],
    [{}, write, "writes"],
    [{}, { read: true, write: true }, "reads writes"],
    [create, {}, "reads writes"],
    [truncate, read, "reads writes"],
    [create, write, "writes"],
  ])("with %j and %j gives a file that %s", (how, mode, abilities) => {
    const { root } = furnished();
    const file = root.openAt(keep, "f", how, mode);
    const able = [
      ...(codeOf(() => file.read(1n, 0n)) === "ok" ? ["reads"] : []),
      ...(codeOf(() => file.write(bytesOf("x"), 0n)) === "ok" ? ["writes"] : []),
    ];
    expect(able.join(" ")).toBe(abilities);
    expect(file.getFlags()).toEqual({
      read: able.includes("reads"),
      write: able.includes("writes"),
    });
  });

  test("creates through a dangling link what the link names", () => {
    const { root } = furnished();
    open(root, "dangling", create).write(bytesOf("made"), 0n);
    expect(textAt(root, "missing")).toBe("made");
    expect(root.readlinkAt("dangling")).toBe("missing");
  });

  test("for truncation marks the times of a file that is empty already", () => {
    const { root, clock, journal } = openFilesystem();
    put(root, "f");
    clock.time = 2_000_000_000_000_000_000n;
    open(root, "f", truncate);
    const time = { seconds: 2_000_000_000n, nanoseconds: 0 };
    expect(root.statAt(keep, "f")).toMatchObject({
      dataModificationTimestamp: time,
      statusChangeTimestamp: time,
    });
    expect([...journal.query({})].at(-1)).toMatchObject({ kind: "set-size", size: 0 });
  });

  test("truncates", () => {
    const { root } = furnished();
    open(root, "f", truncate);
    expect(root.statAt(keep, "f").size).toBe(0n);
  });

  test("that is refused changes nothing, also when descriptors run out", () => {
    const { root, fs } = openFilesystem({ limits: { descriptors: 3 } });
    const file = put(root, "f", "text");
    open(root, ".");
    expect(codeOf(() => open(root, "new", create))).toBe("insufficient-memory");
    expect(codeOf(() => open(root, "f", truncate))).toBe("insufficient-memory");
    expect(fs.tree.count).toBe(2);

    file[Symbol.dispose]();
    expect(textAt(root, "f")).toBe("text");
  });

  test("that is refused after the file was found leaks nothing", () => {
    const { root } = openFilesystem({ limits: { events: 3, descriptors: 3 } });
    put(root, "f", "text")[Symbol.dispose]();
    for (let round = 0; round < 10; round += 1)
      expect(codeOf(() => open(root, "f", truncate))).toBe("quota");
    expect(textAt(root, "f")).toBe("text");
  });

  test("ten thousand times in a loop leaks nothing when the guest drops what it opened", () => {
    const { root } = openFilesystem({ limits: { descriptors: 4 } });
    put(root, "f")[Symbol.dispose]();
    for (let round = 0; round < 10_000; round += 1) {
      using file = open(root, "f", write);
      using stream = round % 2 === 0 ? file.readViaStream(0n) : file.appendViaStream();
      using _listing = root.readDirectory();
      expect(stream).toBeDefined();
    }
  });

  test("makes a descriptor that is given back once, however often it is dropped", () => {
    const { root } = openFilesystem({ limits: { descriptors: 2 } });
    const file = put(root, "f");
    file[Symbol.dispose]();
    file[Symbol.dispose]();
    put(root, "f");
    expect(codeOf(() => open(root, "f"))).toBe("insufficient-memory");
  });
});

function furnished() {
  const fixture = openFilesystem();
  const { root } = fixture;
  root.createDirectoryAt("d");
  put(root, "f", "text");
  const links: [string, string][] = [
    ["to-f", "f"],
    ["to-d", "d"],
    ["loop", "loop"],
    ["dangling", "missing"],
    ["outside", "../new"],
  ];
  for (const [path, target] of links) root.symlinkAt(target, path);
  return fixture;
}
