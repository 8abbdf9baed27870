import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { adapt } from "../support/adapted.ts";
import { scale } from "../support/scale.ts";
import { some } from "../support/some.ts";
import { Workplace, guests, run } from "./support.ts";

/** Expected output of each case of the C program, on a filesystem that keeps POSIX's promises. */
const cases: readonly (readonly [string, readonly string[], string])[] = [
  [
    "many descriptors at once keep their files apart",
    ["descriptors", "120"],
    "right: 120 of 120\n",
  ],
  ["two append descriptors lose nothing", ["append"], "log: abababab\n\n"],
  [
    "a directory is listed whole, from a remembered place, and while it is emptied",
    ["directory", "3000"],
    "seen: 3000, after seekdir the same: yes\ndeleted: 3000\nrmdir: ok\n",
  ],
  ["a write past the end leaves zeros before it", ["past-end"], "gap: start.....end\n"],
  [
    "a rename leaves both open files with their descriptors",
    ["rename-open"],
    "rename: ok\nreplaced: gone\nnew: OLD!\nold: errno 44 (No such file or directory)\n",
  ],
  [
    "hard links are one file",
    ["hard-links"],
    "link: ok\nsame inode: yes, links: 2\none: changed\nunlink: ok\ntwo: changed\nlink onto itself: errno 20 (File exists)\n",
  ],
  [
    "symlinks are followed inside and never out",
    ["symlinks"],
    [
      "symlink: ok",
      "readlink: target",
      "pointer: pointed at",
      "is link: yes, size: 6",
      "loop: ok",
      "open loop: errno 32 (Symbolic link loop)",
      "absolute: errno 63 (Operation not permitted)",
      "outside: ok",
      "open outside: errno 63 (Operation not permitted)",
      "",
    ].join("\n"),
  ],
  [
    "a file without a name is read, written and resized",
    ["unlinked"],
    "unlink: ok\nstat: errno 44 (No such file or directory)\ncontent: here still\nftruncate: ok\nftruncate: ok\ncontent: he....\nlinks: 0, size: 6\n",
  ],
  [
    "times are kept to the nanosecond, one without the other",
    ["times"],
    "futimens: ok\natime: 1.123456789, mtime: 1700000000.987654321\nfutimens: ok\natime: 1.123456789, mtime: 1700000000.000000001\n",
  ],
  [
    "what was cut off comes back as zeros",
    ["truncate"],
    "ftruncate: ok\nftruncate: ok\ncut: 0123....\n",
  ],
  ["one byte at 2^40 is one byte", ["far"], "size: 1099511627777, read: 2 (0 33)\n"],
  ["a sequential writer is done", ["sequential", "16"], "written: 16 MiB\n"],
];

describe("a preview 1 program on the recorded filesystem", () => {
  test.each(some(cases, 2))("%s", async (_name, args, expected) => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.files, args);
    expect(ran.stdout + ran.stderr).toBe(expected);
    expect(ran.outcome).toEqual({ kind: "exited", exit: 0 });
  });

  test("has as many descriptors as its limit says", async () => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.files, ["descriptors", "1000"]);
    expect(ran.stdout).toBe("right: 1000 of 1000\n");
  });
});

/** The component must not notice who moves arguments and results between it and the host. */
const marshallings = ["core", "glue"] as const;

/** The component, which is made once. */
const adapted = new Workplace();
const component = adapted.path("files.wasm");

beforeAll(() => adapt(guests.files, component));

afterAll(() => adapted[Symbol.dispose]());

// The glue's own way of calling is tried by the component below, and by random calls.
describe.each(scale > 1 ? marshallings : (["core"] as const))(
  "the same program, made a component by the adapter, sees the same (%s)",
  (marshalling) => {
    // Random calls go the same way too.
    test.each(some(cases, 6))("%s", async (_name, args, expected) => {
      using workplace = new Workplace();
      const ran = await run(workplace, component, args, { marshalling });
      expect(ran.stdout + ran.stderr).toBe(expected);
      expect(ran.outcome).toEqual({ kind: "exited", exit: 0 });
    });
  },
);

describe.each(some(marshallings))(
  "a preview 2 component on the recorded filesystem (%s)",
  (marshalling) => {
    test.each([
      [
        "reads what it wrote and is told of the end",
        "write-read",
        "written: 8\nrectly\nend: 0\nlength past the end: 0\nend: 1\n",
      ],
      ["loses nothing to a second append stream", "append", "ababab\n"],
      ["tells objects apart", "identity", "same object: 1\nsame hash: 1\nsame as the root: 0\n"],
      ["opens and drops without end", "reopen", "last handle: "],
    ])("%s", async (_name, which, expected) => {
      using workplace = new Workplace();
      const ran = await run(workplace, guests.direct(), [which], { marshalling });
      expect(ran.stdout.slice(0, which === "reopen" ? expected.length : undefined)).toBe(expected);
      expect(ran.outcome).toEqual({ kind: "exited", exit: 0 });
    });

    test("opens nothing outside its preopen", async () => {
      using workplace = new Workplace();
      const ran = await run(workplace, guests.direct(), ["escape"], { marshalling });
      expect(ran.stdout).toBe(
        "../outside: 31\n/etc/passwd: 31\nmissing: 20\n: 20\na/../../b: 20\n",
      );
    });
  },
);
