import { describe, expect, test } from "vitest";

import { rootIno } from "../../journal/index.ts";
import { openFilesystem } from "../support/filesystem.ts";
import { bytesOf, follow, keep, open, put } from "../support/wasi/guest.ts";
import { codeOf } from "../support/wasi/outcome.ts";

const noChange = { tag: "no-change" } as const;
const now = { tag: "now" } as const;
const at = (seconds: bigint, nanoseconds = 0) =>
  ({ tag: "timestamp", val: { seconds, nanoseconds } }) as const;

describe("stat", () => {
  test("tells type, links, size and three times", () => {
    const { root, clock } = openFilesystem();
    clock.time = 2_000_000_000_000_000_007n;
    const file = put(root, "f", "text");
    root.linkAt(keep, "f", root, "hard");
    const time = { seconds: 2_000_000_000n, nanoseconds: 7 };
    expect(file.stat()).toEqual({
      type: "regular-file",
      linkCount: 2n,
      size: 4n,
      dataAccessTimestamp: time,
      dataModificationTimestamp: time,
      statusChangeTimestamp: time,
    });
    expect(root.stat()).toMatchObject({ type: "directory", linkCount: 1n, size: 0n });
  });

  test("is the same by path", () => {
    const { root } = openFilesystem();
    root.createDirectoryAt("d");
    const d = open(root, "d");
    expect(d.statAt(keep, ".")).toEqual(d.stat());
    expect(root.statAt(keep, "d/")).toEqual(d.stat());
    expect(root.statAt(keep, ".")).toEqual(root.stat());
  });

  test("of a link is of the link itself unless it is followed", () => {
    const { root } = openFilesystem();
    put(root, "f", "text");
    root.symlinkAt("./f", "link");
    expect(root.statAt(keep, "link")).toMatchObject({ type: "symbolic-link", size: 3n });
    expect(root.statAt(follow, "link")).toMatchObject({ type: "regular-file", size: 4n });
  });
});

describe("a path that ends in a slash", () => {
  function links() {
    const { root } = openFilesystem();
    root.createDirectoryAt("d");
    put(root, "f", "text");
    for (const target of ["d", "f", "missing", "../out"])
      root.symlinkAt(target, `to-${target.at(-1)}`);
    root.symlinkAt("to-d", "twice");
    return root;
  }

  test.each(["to-d/", "to-d//", "twice/", "./to-d/"])(
    "leads through a link to its directory: %s",
    (path) => {
      const root = links();
      const d = open(root, "d").stat();
      expect(root.statAt(keep, path)).toEqual(d);
      expect(root.metadataHashAt(keep, path)).toEqual(open(root, "d").metadataHash());
      root.setTimesAt(keep, path, noChange, at(7n));
      expect(open(root, "d").stat().dataModificationTimestamp).toEqual({
        seconds: 7n,
        nanoseconds: 0,
      });
      expect(codeOf(() => root.readlinkAt(path))).toBe("invalid");
      expect(root.statAt(keep, path.replace(/\/+$/, ""))).toMatchObject({ type: "symbolic-link" });
    },
  );

  test.each([
    ["to-f/", "not-directory"],
    ["to-g/", "no-entry"],
    ["to-t/", "not-permitted"],
    ["f/", "not-directory"],
  ])("is refused where no directory is there: %s is %s", (path, code) => {
    const root = links();
    expect(codeOf(() => root.statAt(keep, path))).toBe(code);
    expect(codeOf(() => root.readlinkAt(path))).toBe(code);
    expect(codeOf(() => root.setTimesAt(keep, path, now, now))).toBe(code);
  });

  test("removes, moves and links no link for its directory", () => {
    const root = links();
    for (const call of [
      () => root.unlinkFileAt("to-d/"),
      () => root.removeDirectoryAt("to-d/"),
      () => root.linkAt(keep, "to-d/", root, "new"),
    ])
      expect(codeOf(call)).toBe("not-directory");
    expect(root.statAt(keep, "d")).toMatchObject({ type: "directory" });
  });
});

describe("set-times", () => {
  const made = 2_000_000_000_000_000_055n;
  const changed = 2_000_000_000_000_000_077n;

  test.each([
    [at(1n, 2), at(3n, 999_999_999), [1_000_000_002n, 3_999_999_999n]],
    [now, at(0n), [changed, 0n]],
    [noChange, now, [made, changed]],
    [at(9_223_372_036n, 854_775_808), noChange, [2n ** 63n, made]],
    [at(18_446_744_073n, 709_551_615), noChange, [2n ** 64n - 1n, made]],
    [noChange, noChange, [made, made]],
  ])("to %o and %o is exact to the nanosecond", (access, modification, expected) => {
    const { root, clock } = openFilesystem();
    clock.time = made;
    root.createDirectoryAt("d");
    put(root, "d/f");
    root.symlinkAt("missing", "d/l");
    const d = open(root, "d");
    clock.time = changed;
    open(d, "f").setTimes(access, modification);
    d.setTimesAt(keep, "l", access, modification);
    d.setTimes(access, modification);
    for (const path of ["d", "d/f", "d/l"]) expect(timesAt(root, path)).toEqual(expected);
  });

  test.each([at(18_446_744_073n, 709_551_616), at(2n ** 64n - 1n), at(2n ** 63n, 1)])(
    "to %o, which cannot be represented, is overflow",
    (time) => {
      const { root } = openFilesystem();
      const file = put(root, "f");
      const before = file.stat();
      expect(codeOf(() => file.setTimes(time, now))).toBe("overflow");
      expect(codeOf(() => root.setTimesAt(keep, "f", noChange, time))).toBe("overflow");
      expect(file.stat()).toEqual(before);
    },
  );

  test("with nothing to change is no event", () => {
    const { root, journal } = openFilesystem();
    const file = put(root, "f");
    const before = journal.head();
    file.setTimes(noChange, noChange);
    root.setTimesAt(keep, "f", noChange, noChange);
    expect(journal.head()).toBe(before);
  });

  test("by path acts on what a link names only when it is followed", () => {
    const { root } = openFilesystem();
    put(root, "f");
    root.symlinkAt("f", "link");
    root.setTimesAt(keep, "link", at(1n), at(1n));
    root.setTimesAt(follow, "link", at(2n), at(2n));
    expect(timesAt(root, "link")).toEqual([1_000_000_000n, 1_000_000_000n]);
    expect(timesAt(root, "f")).toEqual([2_000_000_000n, 2_000_000_000n]);
  });

  test.each([
    ["missing", "no-entry"],
    ["f/", "not-directory"],
    ["", "no-entry"],
    ["../f", "not-permitted"],
    [".", "ok"],
  ])("by the path %j is %s", (path, code) => {
    const { root } = openFilesystem();
    put(root, "f");
    expect(codeOf(() => root.setTimesAt(keep, path, now, now))).toBe(code);
  });

  test("is not permitted in a read-only preopen", () => {
    const { serve, root } = openFilesystem();
    put(root, "f");
    const wasi = serve({ preopens: [{ path: "/", access: "read-only" }] });
    for (const [frozen] of wasi.preopens.getDirectories()) {
      expect(codeOf(() => frozen.setTimes(noChange, noChange))).toBe("not-permitted");
      expect(codeOf(() => open(frozen, "f").setTimes(now, now))).toBe("not-permitted");
      expect(codeOf(() => frozen.setTimesAt(keep, "missing", now, now))).toBe("not-permitted");
    }
  });
});

describe("metadata-hash", () => {
  test("is of the inode alone, with its number as the lower half", () => {
    const { root, fs } = openFilesystem();
    const file = put(root, "f", "text");
    root.linkAt(keep, "f", root, "hard");
    const hash = file.metadataHash();
    file.write(bytesOf("more"), 100n);
    root.renameAt("f", root, "g");
    expect(file.metadataHash()).toEqual(hash);
    expect(root.metadataHashAt(keep, "hard")).toEqual(hash);
    expect(hash.lower).toBe(BigInt(fs.resolve(rootIno, "g", "keep").ino ?? 0));
    root.symlinkAt("g", "to-g");
    expect(root.metadataHashAt(follow, "to-g")).toEqual(hash);
    expect(root.metadataHashAt(keep, "to-g")).not.toEqual(hash);
    expect(root.metadataHash().lower).toBe(1n);
    expect(root.metadataHashAt(keep, ".")).toEqual(root.metadataHash());
  });

  test("by a path that leads nowhere is refused", () => {
    const { root } = openFilesystem();
    expect(codeOf(() => root.metadataHashAt(keep, "missing"))).toBe("no-entry");
  });
});

function timesAt(root: ReturnType<typeof openFilesystem>["root"], path: string): bigint[] {
  const stat = root.statAt(keep, path);
  return [stat.dataAccessTimestamp, stat.dataModificationTimestamp].map((time) =>
    time === undefined ? -1n : time.seconds * 1_000_000_000n + BigInt(time.nanoseconds),
  );
}
