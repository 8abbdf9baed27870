import { describe, expect, test } from "vitest";

import { firstPreopen, openFilesystem } from "../support/filesystem.ts";
import { bytesOf, keep, open, put, sizeAt, textAt, textOf } from "../support/wasi/guest.ts";
import { codeOf } from "../support/wasi/outcome.ts";

const largestSigned = 2n ** 63n - 1n;
const largest = 2n ** 64n - 1n;

describe("read", () => {
  test.each([
    [0n, 0n, "", true],
    [0n, 3n, "", true],
    [1n, 0n, "a", false],
    [100n, 1n, "bcdef", false],
    [6n, 0n, "abcdef", false],
    [100n, 6n, "", true],
    [100n, 1_000n, "", true],
    [100n, largestSigned, "", true],
    [largest, 5n, "f", false],
  ])("of %d bytes at %d of six gives %j, end %j", (length, offset, text, end) => {
    const { root } = openFilesystem();
    expect(put(root, "f", "abcdef").read(length, offset)).toEqual([bytesOf(text), end]);
  });

  test("gives at most 64 KiB", () => {
    const { root } = openFilesystem();
    const file = put(root, "f", "x".repeat(100_000));
    const [bytes, end] = file.read(largest, 0n);
    expect([bytes.length, end]).toEqual([65_536, false]);
    expect(textOf(file)).toBe("x".repeat(100_000));
  });

  test("is refused for a directory, without the right, and at offsets beyond the signed", () => {
    const { root } = openFilesystem();
    put(root, "f", "text");
    expect(codeOf(() => root.read(1n, 0n))).toBe("bad-descriptor");
    expect(codeOf(() => open(root, "f", { write: true }).read(1n, 0n))).toBe("bad-descriptor");
    expect(codeOf(() => open(root, "f").read(1n, largestSigned + 1n))).toBe("invalid");
  });
});

describe("write", () => {
  test("says how much it wrote, and can be read at once", () => {
    const { root } = openFilesystem();
    const file = put(root, "f", "abcdef");
    expect(file.write(bytesOf("XY"), 2n)).toBe(2n);
    expect(textOf(file)).toBe("abXYef");
    expect(textAt(root, "f")).toBe("abXYef");
  });

  test("leaves a gap that reads as zeros", () => {
    const { root } = openFilesystem();
    const file = put(root, "f", "a");
    file.write(bytesOf("b"), 4n);
    expect(textOf(file)).toBe("a\0\0\0b");
  });

  test("of nothing never changes the size", () => {
    const { root, journal } = openFilesystem();
    const file = put(root, "f", "a");
    const before = journal.head();
    for (const offset of [0n, 100n, largest]) expect(file.write(bytesOf(""), offset)).toBe(0n);
    expect(file.stat().size).toBe(1n);
    expect(journal.head()).toBe(before);
  });

  test("takes no more than a host call may carry, and says so", () => {
    const { root } = openFilesystem({ limits: { "call-bytes": 10 } });
    const file = put(root, "f");
    expect(file.write(bytesOf("0123456789ab"), 0n)).toBe(10n);
    expect(textOf(file)).toBe("0123456789");
  });

  test.each([2n ** 44n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 62n, largestSigned, largest])(
    "at offset %d is file-too-large",
    (offset) => {
      const { root } = openFilesystem();
      const file = put(root, "f", "a");
      expect(codeOf(() => file.write(bytesOf("x"), offset))).toBe("file-too-large");
      expect(textOf(file)).toBe("a");
    },
  );

  test("of one byte far out costs one byte of tape", () => {
    const { root, journal } = openFilesystem();
    const file = put(root, "f");
    file.write(bytesOf("x"), 2n ** 43n);
    expect(file.stat().size).toBe(2n ** 43n + 1n);
    expect(journal.tapeLength(journal.head())).toBe(1);
    expect(file.read(4n, 2n ** 43n - 2n)).toEqual([bytesOf("\0\0x"), false]);
  });

  test("is refused for a directory, in a read-only preopen, and without the right", () => {
    const { root, serve } = openFilesystem();
    put(root, "f", "text");
    const frozen = firstPreopen(serve({ preopens: [{ path: "/", access: "read-only" }] }));
    expect(codeOf(() => root.write(bytesOf("x"), 0n))).toBe("bad-descriptor");
    expect(codeOf(() => frozen.write(bytesOf("x"), 0n))).toBe("bad-descriptor");
    expect(codeOf(() => open(frozen, "f").write(bytesOf("x"), 0n))).toBe("not-permitted");
    expect(codeOf(() => open(root, "f").write(bytesOf("x"), 0n))).toBe("bad-descriptor");
    expect(textAt(root, "f")).toBe("text");
  });

  test.each([
    ["bytes", "insufficient-space"],
    ["file-bytes", "file-too-large"],
    ["tape-bytes", "quota"],
  ] as const)("beyond the limit %s is %s and changes nothing", (limit, code) => {
    const { root } = openFilesystem({ limits: { [limit]: 10 } });
    const file = put(root, "f", "0123456");
    expect(codeOf(() => file.write(bytesOf("0123"), 7n))).toBe(code);
    expect(textOf(file)).toBe("0123456");
    expect(file.write(bytesOf("789"), 7n)).toBe(3n);
  });
});

describe("set-size", () => {
  test("cuts, and grows with zeros, also after a cut", () => {
    const { root } = openFilesystem();
    const file = put(root, "f", "abcdef");
    file.setSize(2n);
    expect(textOf(file)).toBe("ab");
    file.setSize(5n);
    expect(textOf(file)).toBe("ab\0\0\0");
  });

  test("works on a file that was unlinked while open", () => {
    const { root } = openFilesystem();
    const file = put(root, "f", "abcdef");
    root.unlinkFileAt("f");
    file.setSize(3n);
    file.write(bytesOf("X"), 4n);
    expect(textOf(file)).toBe("abc\0X");
    expect(file.stat()).toMatchObject({ size: 5n, linkCount: 0n });
  });

  test("to the size that it has is no event", () => {
    const { root, journal } = openFilesystem();
    const file = put(root, "f", "abc");
    const before = journal.head();
    file.setSize(3n);
    expect(journal.head()).toBe(before);
  });

  test("grows to giants without cost, up to the limit", () => {
    const { root, journal } = openFilesystem();
    const file = put(root, "f");
    file.setSize(2n ** 44n);
    expect(sizeAt(root, "f")).toBe(2n ** 44n);
    expect(file.read(10n, 2n ** 43n)).toEqual([new Uint8Array(10), false]);
    expect(journal.tapeLength(journal.head())).toBe(0);
    expect(codeOf(() => file.setSize(2n ** 44n + 1n))).toBe("file-too-large");
    expect(codeOf(() => file.setSize(largestSigned))).toBe("file-too-large");
    expect(codeOf(() => file.setSize(largestSigned + 1n))).toBe("invalid");
  });

  test("is refused for a directory, in a read-only preopen, and without the right", () => {
    const { root, serve } = openFilesystem();
    put(root, "f", "text");
    const frozen = firstPreopen(serve({ preopens: [{ path: "/", access: "read-only" }] }));
    expect(codeOf(() => root.setSize(0n))).toBe("bad-descriptor");
    expect(codeOf(() => open(frozen, "f").setSize(0n))).toBe("not-permitted");
    expect(codeOf(() => open(root, "f").setSize(0n))).toBe("invalid");
  });
});

describe("a descriptor", () => {
  test("takes advice on a file only", () => {
    const { root } = openFilesystem();
    expect(codeOf(() => put(root, "f").advise(0n, largest, "random"))).toBe("ok");
    expect(codeOf(() => root.advise(0n, 0n, "normal"))).toBe("bad-descriptor");
  });

  test("syncs directories and what is only read", () => {
    const { root } = openFilesystem();
    put(root, "f");
    for (const descriptor of [root, open(root, "f")]) {
      expect(codeOf(() => descriptor.sync())).toBe("ok");
      expect(codeOf(() => descriptor.syncData())).toBe("ok");
    }
  });

  test("tells its flags and type", () => {
    const { root, serve } = openFilesystem();
    const frozen = firstPreopen(serve({ preopens: [{ path: "/", access: "read-only" }] }));
    root.createDirectoryAt("d");
    expect(root.getFlags()).toEqual({ read: true, mutateDirectory: true });
    expect(open(root, "d").getFlags()).toEqual({ read: true, mutateDirectory: true });
    expect(open(frozen, "d").getFlags()).toEqual({ read: true, mutateDirectory: false });
    expect(put(root, "f").getFlags()).toEqual({ read: true, write: true });
    expect([root.getType(), open(root, "f").getType()]).toEqual(["directory", "regular-file"]);
  });

  test("follows its inode through a rename and a replacement", () => {
    const { root } = openFilesystem();
    const file = put(root, "f", "old");
    root.renameAt("f", root, "g");
    file.write(bytesOf("OLD"), 0n);
    expect(textAt(root, "g")).toBe("OLD");

    put(root, "new", "new");
    root.renameAt("new", root, "g");
    expect(textOf(file)).toBe("OLD");
    expect(textAt(root, "g")).toBe("new");
  });

  test("is the same object as another of the same inode", () => {
    const { root } = openFilesystem();
    const file = put(root, "f");
    root.linkAt(keep, "f", root, "hard");
    put(root, "g");
    expect(file.isSameObject(open(root, "f"))).toBe(true);
    expect(file.isSameObject(open(root, "hard"))).toBe(true);
    expect(file.isSameObject(open(root, "g"))).toBe(false);
    expect(root.isSameObject(open(root, "."))).toBe(true);
    expect(root.isSameObject(file)).toBe(false);
  });
});
