import * as node from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openFileSystem } from "../../src/index.ts";
import { type JournalFs, liveFs } from "../../src/node-fs/index.ts";
import { attempts } from "../support/scale.ts";
import { some } from "../support/some.ts";
import { withTemporary } from "../support/temporary.ts";

/** A call without "Sync", and what it is given; `P(path)` is a path, `F(n)` the n-th descriptor that was opened. */
type Call = readonly [name: string, ...given: unknown[]];

class Path {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
const P = (text: string) => new Path(text);

class Descriptor {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}
const F = (index: number) => new Descriptor(index);

const paths = [
  "/a",
  "/a/b",
  "/a/b/c",
  "/f",
  "/l",
  "/a/",
  "/f/x",
  "/l/x",
  "/l/",
  "/a/../f",
  "/none/x",
  "/a/l",
];
const path = fc.constantFrom(...paths).map(P);
const flags = fc.constantFrom(
  "r",
  "r+",
  "w",
  "wx",
  "w+",
  "a",
  "a+",
  "ax",
  node.constants.O_DIRECTORY,
  node.constants.O_NOFOLLOW,
);
const data = fc.constantFrom("", "x", "hello\n", Buffer.alloc(5_000, 7), new Uint16Array([1, 2]));
const descriptor = fc.nat(5).map(F);
const mode = fc.constantFrom(0o600, 0o755, 0o1777, "644", 0o444);
const time = fc.constantFrom(0, 1_700_000_000.25, "12", new Date(5_000));
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(fc.constant("mkdir"), path, fc.constantFrom(undefined, { recursive: true }, 0o700)),
  fc.tuple(
    fc.constantFrom("rmdir", "unlink", "readlink", "realpath", "exists", "stat", "lstat"),
    path,
  ),
  fc.tuple(fc.constant("readdir"), path, fc.constantFrom(undefined, { withFileTypes: true })),
  fc.tuple(fc.constantFrom("rename", "link", "copyFile"), path, path),
  fc.tuple(fc.constant("symlink"), fc.constantFrom("f", "a", "none", "l", "a/../f", "./a/b"), path),
  fc.tuple(fc.constant("chmod"), path, mode),
  fc.tuple(fc.constantFrom("utimes", "lutimes"), path, time, time),
  fc.tuple(fc.constant("truncate"), path, fc.nat(9_000)),
  fc.tuple(
    fc.constantFrom("writeFile", "appendFile"),
    path,
    data,
    fc.constantFrom(undefined, { mode: 0o600 }, { flag: "ax" }),
  ),
  fc.tuple(fc.constant("readFile"), path, fc.constantFrom(undefined, "utf8", "hex")),
  fc.tuple(fc.constant("access"), path, fc.nat(7)),
  fc.tuple(fc.constant("open"), path, flags, fc.constantFrom(undefined, 0o600)),
  fc.tuple(fc.constantFrom("close", "fstat", "fsync"), descriptor),
  fc.tuple(fc.constant("ftruncate"), descriptor, fc.nat(9_000)),
  fc.tuple(
    fc.constant("write"),
    descriptor,
    data,
    fc.constant(0),
    fc.constantFrom(0, undefined),
    fc.constantFrom(null, 3, -1, -7, "2"),
  ),
  fc.tuple(fc.constant("rm"), path, fc.constantFrom({ force: true }, { recursive: true })),
  fc.tuple(fc.constant("readFile"), descriptor),
);

test("random calls give what node:fs gives: results, errors and all that is left", () => {
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 40 }), (calls) => {
      withTemporary((folder) => {
        const real = tell(node, folder, calls);
        using files = openFileSystem(":memory:");
        // One run: a file without a name lives on as long as it is open.
        expect(files.run("calls", () => tell(liveFs(files), "", calls))).toEqual(real);
      });
    }),
    { numRuns: attempts(60) },
  );
});

test("a rename between ends of all kinds, with a slash behind them or none, gives what node:fs gives", () => {
  const made: readonly Call[] = [
    ["symlink", "loop", P("/loop")],
    ["mkdir", P("/empty")],
    ["symlink", "empty", P("/to-empty")],
    ["mkdir", P("/full")],
    ["mkdir", P("/full/in")],
    ["symlink", "full", P("/to-full")],
    ["writeFile", P("/file"), ""],
    ["symlink", "file", P("/to-file")],
    ["symlink", "none", P("/to-none")],
  ];
  const names = ["loop", "empty", "to-empty", "full", "to-full", "file", "to-file", "to-none"];
  const ends = [...names, "none", "file/x", "loop/x", "to-full/in", "empty/."]
    .flatMap((name) => [`/${name}`, `/${name}/`])
    .map(P);
  for (const from of some(ends, 4))
    for (const to of ends)
      withTemporary((folder) => {
        const calls = [...made, ["rename", from, to] as const];
        using files = openFileSystem(":memory:");
        const ours = files.run("calls", () => tell(liveFs(files), "", calls));
        expect(ours).toEqual(tell(node, folder, calls));
      });
});

/** Makes the calls, and tells what each gave and what there is at the end. */
function tell(fs: JournalFs, root: string, calls: readonly Call[]): unknown {
  const descriptors: number[] = [];
  const given = (value: unknown) =>
    value instanceof Path
      ? root + value.text
      : value instanceof Descriptor
        ? (descriptors[value.index] ?? -1)
        : value;
  const perform = ([name, ...rest]: Call) => {
    try {
      const act = (fs as unknown as Record<string, (...given: unknown[]) => unknown>)[
        `${name}Sync`
      ];
      const result = act?.(...rest.map(given));
      if (name === "open") descriptors.push(result as number);
      return name === "open" ? "opened" : plain(result, root);
    } catch (error) {
      // Node.js asks the kernel in steps of its own there, and names the step that failed.
      const isShort = name === "realpath";
      const { code, syscall, path, dest, message } = error as NodeJS.ErrnoException & {
        dest?: string;
      };
      return JSON.parse(
        JSON.stringify(isShort ? { code } : { code, syscall, path, dest, message }).replaceAll(
          root || "\0",
          "",
        ),
      );
    }
  };
  const told = calls.map((one) => [one, perform(one)]);
  for (const fd of descriptors) {
    try {
      fs.closeSync(fd);
    } catch {}
  }
  const left: unknown[] = [];
  const list = (at: string) => {
    for (const entry of fs.readdirSync(root + at, { withFileTypes: true })) {
      left.push([at + entry.name, plain(fs.lstatSync(root + at + entry.name), root)]);
      if (entry.isDirectory()) list(at + entry.name + "/");
    }
  };
  list("/");
  return { told, left: inOrder(left) };
}

function plain(value: unknown, root: string): unknown {
  if (value instanceof node.Stats) {
    const { mode, size, nlink } = value;
    if (value.isSymbolicLink()) return { mode, nlink };
    return value.isDirectory() ? { mode } : { mode, size, nlink };
  }
  if (value instanceof node.Dirent)
    return [
      value.parentPath.replace(root, "") || "/",
      value.name,
      value.isFile(),
      value.isDirectory(),
      value.isSymbolicLink(),
    ].join(" ");
  if (Array.isArray(value)) return inOrder(value.map((one: unknown) => plain(one, root)));
  return typeof value === "string" && root !== "" ? value.replaceAll(root, "") : value;
}

/** A disk lists names in an order of its own. */
function inOrder(values: readonly unknown[]): unknown[] {
  return values.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}
