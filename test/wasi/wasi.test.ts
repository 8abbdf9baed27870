import { WASIShim } from "@bytecodealliance/preview2-shim/instantiation";
import { describe, expect, test } from "vitest";

import type { Event, JournalWriter, Seq } from "../../journal/index.ts";
import { PreopenError } from "../../src/wasi/index.ts";
import { firstPreopen, openFilesystem } from "../support/filesystem.ts";
import { bytesOf, keep, namesIn, open, put, textAt } from "../support/wasi/guest.ts";
import { codeOf, outcomeOf } from "../support/wasi/outcome.ts";

describe("a preopen", () => {
  test("names a directory of the filesystem under a path of the guest's", () => {
    const { root, serve } = openFilesystem();
    root.createDirectoryAt("a");
    root.createDirectoryAt("a/b");
    root.symlinkAt("a/b", "link");
    put(root, "a/b/f", "text");
    const wasi = serve({
      preopens: [
        { path: "/work", directory: "/a/b", access: "read-write" },
        { path: "/same", directory: "link/", access: "read-only" },
        { path: ".", directory: "//", access: "read-only" },
      ],
    });
    const found = wasi.preopens.getDirectories();
    expect(found.map(([, path]) => path)).toEqual(["/work", "/same", "."]);
    expect(found.map(([descriptor]) => namesIn(descriptor))).toEqual([["f"], ["f"], ["a", "link"]]);
  });

  test("is a new descriptor with each call", () => {
    const { wasi } = openFilesystem();
    const [first, second] = [firstPreopen(wasi), firstPreopen(wasi)];
    expect(first).not.toBe(second);
    expect(first.isSameObject(second)).toBe(true);
    first[Symbol.dispose]();
    expect(namesIn(second)).toEqual([]);
  });

  test.each([
    ["/missing", "no-entry", "there is no such directory"],
    ["/f", "not-directory", "it is no directory"],
    ["/dangling", "no-entry", "there is no such directory"],
    ["/../f", "not-permitted", "not-permitted"],
  ])("of %s is an error for the host: %s", (directory, code, message) => {
    const { root, serve } = openFilesystem();
    put(root, "f");
    root.symlinkAt("missing", "dangling");
    const call = () => serve({ preopens: [{ path: "/x", directory, access: "read-write" }] });
    expect(call).toThrow(PreopenError);
    expect(call).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

test("what is served goes into preview2-shim as its filesystem", () => {
  const { wasi } = openFilesystem();
  const imports = new WASIShim({ filesystem: wasi }).getImportObject();
  expect(imports["wasi:filesystem/types"]).toBe(wasi.types);
  expect(imports["wasi:filesystem/preopens"]).toBe(wasi.preopens);
});

describe("a host call", () => {
  test("calls beforeCall first, and lets through what that throws", () => {
    class Stop extends Error {}
    let stops = false;
    let calls = 0;
    const { root, wasi } = openFilesystem({
      beforeCall: () => {
        calls += 1;
        if (stops) throw new Stop();
      },
    });
    const file = put(root, "f", "text");
    const input = file.readViaStream(0n);
    const output = file.appendViaStream();
    const listing = root.readDirectory();
    const time = { tag: "now" } as const;
    const every: (() => unknown)[] = [
      () => file.read(1n, 0n),
      () => file.write(bytesOf("x"), 0n),
      () => file.stat(),
      () => file.readViaStream(0n),
      () => file.writeViaStream(0n),
      () => file.appendViaStream(),
      () => file.advise(0n, 0n, "normal"),
      () => file.sync(),
      () => file.syncData(),
      () => file.getFlags(),
      () => file.getType(),
      () => file.setSize(0n),
      () => file.setTimes(time, time),
      () => file.isSameObject(root),
      () => file.metadataHash(),
      () => root.readDirectory(),
      () => root.statAt(keep, "f"),
      () => root.openAt(keep, "f", {}, {}),
      () => root.setTimesAt(keep, "f", time, time),
      () => root.createDirectoryAt("d"),
      () => root.linkAt(keep, "f", root, "g"),
      () => root.symlinkAt("f", "l"),
      () => root.readlinkAt("l"),
      () => root.renameAt("g", root, "h"),
      () => root.unlinkFileAt("h"),
      () => root.removeDirectoryAt("d"),
      () => root.metadataHashAt(keep, "f"),
      () => input.read(1n),
      () => input.blockingRead(1n),
      () => input.skip(0n),
      () => input.blockingSkip(0n),
      () => input.subscribe(),
      () => output.checkWrite(),
      () => output.write(bytesOf("x")),
      () => output.blockingWriteAndFlush(bytesOf("x")),
      () => output.flush(),
      () => output.blockingFlush(),
      () => output.writeZeroes(1n),
      () => output.blockingWriteZeroesAndFlush(1n),
      () => output.splice(input, 0n),
      () => output.blockingSplice(input, 0n),
      () => output.subscribe(),
      () => listing.readDirectoryEntry(),
      () => wasi.preopens.getDirectories(),
    ];
    for (const call of every) {
      const before = calls;
      outcomeOf(call, wasi.types);
      expect([call.toString(), calls > before]).toEqual([call.toString(), true]);
    }
    stops = true;
    for (const call of every) expect(call).toThrow(Stop);
  });

  test("lets a bug through as it is", () => {
    const { root } = openFilesystem();
    const file = put(root, "f");
    expect(() => file.write(undefined as unknown as Uint8Array, 0n)).toThrow(TypeError);
  });

  test("does not take a descriptor of another filesystem", () => {
    const { root } = openFilesystem();
    put(root, "f");
    const other = openFilesystem().root;
    expect(() => root.linkAt(keep, "f", other, "g")).toThrow("another guest");
    expect(() => root.renameAt("f", other, "g")).toThrow("another guest");
  });

  test("of a guest that is closed with all it had open leaves nothing behind", () => {
    const { root, serve, fs } = openFilesystem({ limits: { descriptors: 10 } });
    put(root, "f")[Symbol.dispose]();
    const before = fs.tree.count;
    for (let round = 0; round < 20; round += 1) {
      using wasi = serve({});
      const guest = firstPreopen(wasi);
      put(guest, "kept").readViaStream(0n);
      guest.unlinkFileAt("kept");
      guest.readDirectory();
    }
    expect(fs.tree.count).toBe(before);
  });
});

describe("a refusal", () => {
  test("of a mutation is recorded, with the path as it was given", () => {
    const { root, journal } = openFilesystem();
    put(root, "f");
    codeOf(() => root.createDirectoryAt("./f"));
    codeOf(() => root.unlinkFileAt("missing"));
    codeOf(() => root.renameAt("missing", root, "x"));
    codeOf(() => root.openAt(keep, "f", { create: true, exclusive: true }, {}));
    codeOf(() => open(root, "f").write(bytesOf("x"), 0n));
    expect(refusalsOf(journal, root)).toEqual([
      "create-directory-at ./f exist",
      "unlink-file-at missing no-entry",
      "rename-at missing no-entry",
      "open-at f exist",
      "write /f bad-descriptor",
    ]);
  });

  test("of an access is recorded for permission and for a limit, and of an open for any reason", () => {
    const { root, journal } = openFilesystem({ limits: { "name-bytes": 7 } });
    put(root, "f");
    codeOf(() => root.statAt(keep, "missing"));
    codeOf(() => open(root, "missing"));
    codeOf(() => root.statAt(keep, "f/x"));
    codeOf(() => root.statAt(keep, "../secret"));
    codeOf(() => root.readlinkAt("/etc"));
    codeOf(() => open(root, "too-long"));
    expect(refusalsOf(journal, root)).toEqual([
      "open-at missing no-entry",
      "stat-at ../secret not-permitted",
      "readlink-at /etc not-permitted",
      "open-at too-long name-too-long (name-bytes)",
    ]);
  });

  test("repeated in a streak is recorded once, with a count", () => {
    const { root, journal } = openFilesystem();
    for (let round = 0; round < 1_000; round += 1) codeOf(() => root.unlinkFileAt("missing"));
    expect(refusalsOf(journal, root)).toEqual(["unlink-file-at missing no-entry ×1000"]);
  });

  test("in a stream is recorded too", () => {
    const { root, journal, wasi } = openFilesystem({ limits: { "file-bytes": 3 } });
    const stream = put(root, "f", "abc").appendViaStream();
    outcomeOf(() => stream.blockingWriteAndFlush(bytesOf("d")), wasi.types);
    expect(refusalsOf(journal, root)).toEqual([
      "blocking-write-and-flush /f file-too-large (file-bytes)",
    ]);
  });
});

describe("a limit", () => {
  test.each([
    ["inodes", 3, "insufficient-space"],
    ["directory-entries", 2, "insufficient-space"],
    ["events", 4, "quota"],
  ] as const)("on %s of %d refuses what goes beyond with %s", (limit, value, code) => {
    const { root } = openFilesystem({ limits: { [limit]: value } });
    root.createDirectoryAt("a");
    root.createDirectoryAt("b");
    if (limit === "events") root.createDirectoryAt("c");
    expect(codeOf(() => root.createDirectoryAt("d"))).toBe(code);
    expect(codeOf(() => put(root, "d"))).toBe(code);
    expect(codeOf(() => root.symlinkAt("a", "d"))).toBe(code);
    expect(namesIn(root)).not.toContain("d");
  });

  test("on names for one file is too-many-links", () => {
    const { root } = openFilesystem({ limits: { links: 2 } });
    put(root, "f");
    root.linkAt(keep, "f", root, "g");
    expect(codeOf(() => root.linkAt(keep, "f", root, "h"))).toBe("too-many-links");
  });

  test("on the depth of links is loop", () => {
    const { root } = openFilesystem({ limits: { "link-depth": 1 } });
    put(root, "f", "text");
    root.symlinkAt("f", "one");
    root.symlinkAt("one", "two");
    expect(textAt(root, "one")).toBe("text");
    expect(codeOf(() => open(root, "two"))).toBe("loop");
  });
});

test("reads and opens are recorded on request", () => {
  const { root, journal } = openFilesystem({ accesses: "record" });
  put(root, "f", "text")[Symbol.dispose]();
  textAt(root, "f");
  open(root, "f").readViaStream(1n).read(2n);
  const accesses = journal
    .events(1 as Seq, journal.head())
    .flatMap((event) => (event.kind === "read" ? [[event.offset, event.length]] : []));
  expect(accesses).toEqual([
    [0, 4],
    [1, 2],
  ]);
  expect(kindsOf(journal)).toContain("open");
});

test("a guest without preopens has no directories", () => {
  const { serve } = openFilesystem();
  expect(serve({ preopens: [] }).preopens.getDirectories()).toEqual([]);
});

function kindsOf(journal: JournalWriter): Event["kind"][] {
  return journal.events(1 as Seq, journal.head()).map(({ kind }) => kind);
}

/** Returns the refusals in the journal, after another event that ends the last streak. */
function refusalsOf(journal: JournalWriter, root: { sync(): void }): string[] {
  root.sync();
  return journal.events(1 as Seq, journal.head()).flatMap((event) => {
    if (event.kind !== "fail") return [];
    const { operation, path, error, limit, count } = event;
    const times = count === 1 ? "" : ` ×${count}`;
    return [`${operation} ${path} ${error}${limit === undefined ? "" : ` (${limit})`}${times}`];
  });
}
