import { describe, expect, test } from "vitest";

import { Program } from "../../support/wasi/preview1.ts";

const errno = {
  badf: 8,
  exist: 20,
  ilseq: 25,
  inval: 28,
  loop: 32,
  nametoolong: 37,
  noent: 44,
  notdir: 54,
  notsup: 58,
  perm: 63,
};

function failsIn(program: Program) {
  program.fixture.fs.commit();
  return program.events.flatMap((event) =>
    event.kind === "fail" ? [`${event.operation} ${event.path} ${event.error}`] : [],
  );
}

/** Returns the size, links and type of the entry at a path, or the number of an error. */
function stat(program: Program, path: string, lookup = 1) {
  const at = program.room(64);
  const error = program.calls.path_filestat_get(3, lookup, ...program.put(path), at);
  if (error !== 0) return error;
  const word = (offset: number) => Number(program.view.getBigUint64(at + offset, true));
  return { type: word(16), links: word(24), size: word(32) };
}

describe("paths", () => {
  test("make, move, link and remove what they name", () => {
    const program = new Program();
    const { calls } = program;
    const path = (text: string) => program.put(text);
    expect(calls.path_create_directory(3, ...path("d"))).toBe(0);
    program.write(program.open("d/one"), "text");
    expect(calls.path_rename(3, ...path("d/one"), 3, ...path("two"))).toBe(0);
    expect(calls.path_link(3, 0, ...path("two"), 3, ...path("d/three"))).toBe(0);
    expect(calls.path_symlink(...path("two"), 3, ...path("link"))).toBe(0);
    expect(stat(program, "two")).toEqual({ type: 4, links: 2, size: 4 });
    expect(stat(program, "link")).toEqual({ type: 4, links: 2, size: 4 });
    expect(stat(program, "link", 0)).toEqual({ type: 7, links: 1, size: 3 });
    expect(calls.path_unlink_file(3, ...path("d/three"))).toBe(0);
    expect(calls.path_remove_directory(3, ...path("d"))).toBe(0);
    expect(stat(program, "d")).toBe(errno.noent);
    expect(program.events.map(({ kind }) => kind)).toEqual([
      "run-start",
      "mkdir",
      "create",
      "write",
      "rename",
      "link",
      "symlink",
      "unlink",
      "rmdir",
    ]);
  });

  test("are refused as wasi:filesystem refuses them, and recorded under its names", () => {
    const program = new Program();
    const { calls } = program;
    const path = (text: string) => program.put(text);
    program.open("file");
    expect(calls.path_create_directory(3, ...path("file"))).toBe(errno.exist);
    expect(calls.path_unlink_file(3, ...path("none"))).toBe(errno.noent);
    expect(calls.path_remove_directory(3, ...path("file"))).toBe(errno.notdir);
    expect(calls.path_rename(3, ...path("file"), 3, ...path("../out"))).toBe(errno.perm);
    expect(calls.path_link(3, 1, ...path("file"), 3, ...path("b"))).toBe(errno.inval);
    expect(calls.path_symlink(...path("/abs"), 3, ...path("c"))).toBe(errno.perm);
    expect(stat(program, "../etc")).toBe(errno.perm);
    expect(program.open("../etc", { how: 0, rights: 2n })).toBe(-errno.perm);
    expect(program.open("file", { flags: 16 })).toBe(-errno.notsup);
    expect(failsIn(program)).toEqual([
      "create-directory-at file exist",
      "unlink-file-at none no-entry",
      "remove-directory-at file not-directory",
      "rename-at file not-permitted",
      "link-at file invalid",
      "symlink-at c not-permitted",
      "stat-at ../etc not-permitted",
      "open-at ../etc not-permitted",
      "open-at file unsupported",
    ]);
  });

  test.each([
    ["ignore", ["open-at none no-entry"]],
    ["record", ["stat-at none no-entry", "stat-at none/deeper no-entry", "open-at none no-entry"]],
  ] as const)(
    "that lead to nothing are events when opened, and all where accesses are: %s",
    (accesses, fails) => {
      const program = new Program({ accesses });
      expect(stat(program, "none")).toBe(errno.noent);
      expect(stat(program, "none/deeper")).toBe(errno.noent);
      expect(program.open("none", { how: 0, rights: 2n })).toBe(-errno.noent);
      expect(failsIn(program)).toEqual(fails);
    },
  );

  test("behind a slash name directories, and a link that is not followed no file", () => {
    const program = new Program();
    program.open("file");
    program.fixture.root.symlinkAt("file", "link");
    expect(stat(program, "file/")).toBe(errno.notdir);
    expect(program.calls.path_open(3, 0, ...program.put("link"), 0, 2n, 0n, 0, 16)).toBe(
      errno.loop,
    );
  });

  test("that are no UTF-8 are told so", () => {
    const program = new Program();
    const broken = program.put(Uint8Array.of(0x61, 0xff));
    const fine = program.put("fine");
    const { calls } = program;
    expect([
      calls.path_create_directory(3, ...broken),
      calls.path_filestat_get(3, 0, ...broken, program.room(64)),
      calls.path_open(3, 0, ...broken, 1, 64n, 0n, 0, program.room(4)),
      calls.path_readlink(3, ...broken, program.room(8), 8, program.room(4)),
      calls.path_rename(3, ...fine, 3, ...broken),
      calls.path_symlink(...broken, 3, ...fine),
    ]).toEqual(Array(6).fill(errno.ilseq));
  });

  test("of any length are told that they are too long", () => {
    const program = new Program();
    expect(stat(program, "x".repeat(1_000_000))).toBe(errno.nametoolong);
    expect(stat(program, "ü".repeat(100_000))).toBe(errno.nametoolong);
  });

  test("are taken from directories that are open", () => {
    const program = new Program();
    const file = program.open("file");
    const path = program.put("x");
    for (const [fd, error] of [
      [file, errno.notdir],
      [0, errno.badf],
      [99, errno.badf],
    ] as const) {
      const { calls } = program;
      expect(calls.path_create_directory(fd, ...path)).toBe(error);
      expect(calls.path_filestat_get(fd, 0, ...path, program.room(64))).toBe(error);
      expect(calls.path_open(fd, 0, ...path, 1, 64n, 0n, 0, program.room(4))).toBe(error);
      expect(calls.path_rename(3, ...program.put("file"), fd, ...path)).toBe(error);
      expect(calls.path_filestat_set_times(fd, 0, ...path, 0n, 0n, 0)).toBe(error);
    }
  });

  test("of links are read as far as there is room", () => {
    const program = new Program();
    program.fixture.root.symlinkAt("target", "link");
    const used = program.room(4);
    const readlink = (size: number) => {
      const at = program.room(size);
      expect(program.calls.path_readlink(3, ...program.put("link"), at, size, used)).toBe(0);
      return program.text(at, program.view.getUint32(used, true));
    };
    expect([readlink(20), readlink(6), readlink(3), readlink(0)]).toEqual([
      "target",
      "target",
      "tar",
      "",
    ]);
  });

  test("have their times set, one without the other, or to now", () => {
    const program = new Program();
    program.open("file");
    program.fixture.clock.time += 1_000n;
    const path = program.put("file");
    expect(program.calls.path_filestat_set_times(3, 1, ...path, 5n, 0n, 1)).toBe(0);
    expect(program.calls.path_filestat_set_times(3, 1, ...path, 0n, 0n, 8)).toBe(0);
    expect(program.calls.path_filestat_set_times(3, 1, ...path, 0n, 0n, 12)).toBe(errno.inval);
    const at = program.room(64);
    program.calls.path_filestat_get(3, 1, ...path, at);
    expect(program.view.getBigUint64(at + 40, true)).toBe(5n);
    expect(program.view.getBigUint64(at + 48, true)).toBe(program.fixture.clock.time);
  });
});

describe("preopens", () => {
  const preopens = [
    { path: "/", access: "read-write" },
    { path: "/read only", access: "read-only" },
  ] as const;

  test("are told by name, and end where there are no more", () => {
    const program = new Program({ preopens });
    const at = program.room(16);
    const names = [3, 4].map((fd) => {
      expect(program.calls.fd_prestat_get(fd, at)).toBe(0);
      expect(program.view.getUint32(at, true)).toBe(0);
      const length = program.view.getUint32(at + 4, true);
      expect(program.calls.fd_prestat_dir_name(fd, at, length)).toBe(0);
      return program.text(at, length);
    });
    expect(names).toEqual(["/", "/read only"]);
    expect(program.calls.fd_prestat_get(5, at)).toBe(errno.badf);
    expect(program.calls.fd_prestat_get(0, at)).toBe(errno.badf);
    expect(program.calls.fd_prestat_dir_name(4, at, 4)).toBe(errno.nametoolong);
  });

  test("can be none: then the first descriptor after the standard streams is not open", () => {
    const program = new Program({ preopens: [] });
    expect(program.calls.fd_prestat_get(3, program.room(8))).toBe(errno.badf);
    expect(program.calls.fd_fdstat_get(3, program.room(24))).toBe(errno.badf);
    expect(program.open("file")).toBe(-errno.badf);
  });

  test("that are read-only let nothing be changed", () => {
    const program = new Program({ preopens });
    program.open("file");
    const path = program.put("file");
    const { calls } = program;
    const result = program.room(4);
    expect([
      calls.path_open(4, 0, ...path, 0, 64n, 0n, 0, result),
      calls.path_open(4, 0, ...path, 8, 2n, 0n, 0, result),
      calls.path_unlink_file(4, ...path),
      calls.path_create_directory(4, ...program.put("d")),
      calls.path_rename(3, ...path, 4, ...program.put("moved")),
      calls.fd_filestat_set_times(4, 0n, 0n, 2),
    ]).toEqual(Array(6).fill(errno.perm));
    expect(calls.path_open(4, 0, ...path, 0, 2n, 0n, 0, result)).toBe(0);
  });

  test("of which there are more than descriptors end the program", () => {
    expect(() => new Program({ preopens, limits: { descriptors: 2 } })).toThrow(
      "preopens: insufficient-memory",
    );
  });
});
