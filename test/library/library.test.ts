import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";

import {
  FsError,
  JournalError,
  RevisionError,
  applyToHost,
  diff,
  exportDirectory,
  exportTar,
  importDirectory,
  openFileSystem,
  openHistory,
  openReader,
  openWriter,
  restore,
  rootIno,
  undo,
  verify,
} from "../../src/index.ts";
import { withTemporary } from "../support/temporary.ts";

test("a change outside of a run is a run of its own, and a run that fails keeps what it had changed", () => {
  using files = openFileSystem(":memory:");
  files.writeFile("/a", "one");
  const fail = () =>
    files.run("two", () => {
      files.writeFile("/a", "two");
      files.mkdir("/a");
    });
  expect(fail).toThrow(FsError);
  const runs = files.journal.runs().map(({ start, end }) => [start.guest, end?.exit]);
  expect(runs).toEqual([
    ["write /a", 0],
    ["two", 1],
  ]);
  expect(text(files.readFile("/a"))).toBe("two");
  undo(files);
  expect(text(files.readFile("/a"))).toBe("one");
});

test("a run within a run is a mistake, and leaves the first as it is", () => {
  using files = openFileSystem(":memory:");
  files.run("outer", () => {
    expect(() => files.run("inner", () => {})).toThrow(TypeError);
    files.mkdir("/d");
  });
  expect(files.journal.runs()).toHaveLength(1);
});

test("who listens hears of fetches too, in their order, and may make changes itself", () => {
  withTemporary((folder) => {
    const host = join(folder, "host");
    mkdirSync(host);
    for (const name of ["a", "b"]) writeFileSync(join(host, name), `${name}\n`);
    const journal = join(folder, "journal.db");
    using files = openFileSystem(journal);
    // No file counts as changed a moment ago.
    importDirectory(files, host, "/", { bytes: "when needed", now: () => 2n ** 62n });
    const before = files.journal.head();
    const told: string[] = [];
    const seqs: number[] = [];
    files.onEvent((event) => {
      seqs.push(event.seq);
      told.push("path" in event ? `${event.kind} ${event.path}` : event.kind);
      if (event.kind === "fetch" && event.path === "/a") files.remove("/b");
    });
    files.run("append", () => files.appendFile("/a", "more\n"));
    expect(told).toEqual(["run-start", "fetch /a", "write /a", "unlink /b", "run-end"]);
    expect(seqs).toEqual(told.map((_, index) => before + 1 + index));
    expect(text(files.readFile("/a"))).toBe("a\nmore\n");
    expect(files.exists("/b")).toBe(false);
    files.close();
    expect(verify(journal)).toMatchObject({ ok: true });
  });
});

test("what a path does not allow is refused by WASI's code, and begins no run", () => {
  using files = openFileSystem(":memory:");
  files.mkdir("/d");
  const head = files.journal.head();
  const codes = [
    () => files.readFile("/no"),
    () => files.readFile("/d"),
    () => files.readdir("/no"),
    () => files.truncate("/no", -1),
    () => files.remove("/no"),
    () => files.link("/no", "/x"),
    () => files.writeFile("/no/x", ""),
    () => files.writeFile("/", ""),
    () => files.mkdir("/x/../../y"),
  ].map(codeOf);
  expect(codes).toEqual([
    "no-entry",
    "is-directory",
    "no-entry",
    "invalid",
    "no-entry",
    "no-entry",
    "no-entry",
    "exist",
    "no-entry",
  ]);
  expect(files.journal.head()).toBe(head);
});

test("the same is told of a moment, whichever way the journal is given", () => {
  withTemporary((folder) => {
    const file = join(folder, "a.db");
    {
      using files = openFileSystem(file);
      files.writeFile("/a", "one");
      files.writeFile("/a", "three");
      expect(diff(files)).toEqual(diff(files.history));
    }
    using history = openHistory(file);
    expect(diff(file)).toEqual(diff(history));
    expect(history.state(4).readFile("/a")).toEqual(history.state("#4").readFile("/a"));
    for (const wrong of [-1, 1.5, Number.NaN, 99])
      expect(() => history.state(wrong)).toThrow(RevisionError);
  });
});

test("a call on a journal that is not there makes none, and an import makes one", () => {
  withTemporary((folder) => {
    const file = join(folder, "a.db");
    for (const act of [() => undo(file), () => restore(file, 0), () => diff(file)])
      expect(act).toThrow(JournalError);
    expect(existsSync(file)).toBe(false);
    const host = join(folder, "host");
    mkdirSync(host);
    writeFileSync(join(host, "a"), "a");
    expect(importDirectory(file, host, "/host").files).toBe(1);
  });
});

test("a journal in the folder that is imported stays out of itself", () => {
  withTemporary((folder) => {
    const file = join(folder, "a.db");
    writeFileSync(join(folder, "b"), "b");
    importDirectory(file, folder, "/");
    using history = openHistory(file);
    expect(
      history
        .state("@")
        .readdir("/")
        .map(({ name }) => name),
    ).toEqual(["b"]);
  });
});

test("a journal that is damaged leaves nothing on this machine, unless it is trusted", async () => {
  await withTemporary(async (folder) => {
    const [file, host] = [join(folder, "a.db"), join(folder, "host")];
    mkdirSync(host);
    writeFileSync(join(host, "a"), "before");
    importDirectory(file, host, "/");
    {
      using files = openFileSystem(file);
      files.writeFile("/a", "after");
    }
    const db = new Database(file);
    db.exec("UPDATE event SET time = time + 1 WHERE seq = 3");
    db.close();
    expect(verify(file).ok).toBe(false);
    const target = join(folder, "out");
    expect(() => applyToHost(file, host)).toThrow("nothing was written");
    expect(() => exportDirectory(file, target)).toThrow("nothing was written");
    await expect(exportTar(file, `${target}.tar`)).rejects.toThrow("nothing was written");
    expect(readFileSync(join(host, "a"), "utf8")).toBe("before");
    expect([target, `${target}.tar`].map((path) => existsSync(path))).toEqual([false, false]);
    expect(exportDirectory(file, target, { journal: "trust" }).files).toBe(1);
  });
});

test("plain facts are taken as they are, and what cannot have happened is not", () => {
  const journal = openWriter(":memory:");
  const start = { kind: "run-start", cause: "library", guest: "x", digest: "" } as const;
  journal.append({ ...start, args: [], environment: [], limits: new Map() });
  journal.append({ kind: "mkdir", ino: 2, path: "/a", parent: rootIno, name: "a" });
  const wrong = [
    { kind: "mkdir", ino: 2.5, path: "/b", parent: rootIno, name: "b" },
    { kind: "mkdir", ino: 3, path: "/..", parent: rootIno, name: ".." },
    { kind: "mkdir", ino: 3, path: "/b", parent: 9, name: "b" },
    { kind: "mkdir", ino: 3, path: "/b", parent: rootIno, name: "c" },
  ] as const;
  for (const draft of wrong) expect(() => journal.append(draft)).toThrow(TypeError);
  expect(journal.head()).toBe(2);
  expect([...journal.query({ run: Number.NaN })]).toEqual([]);
  journal.close();
});

test("a reader's questions take any number", () => {
  withTemporary((folder) => {
    const file = join(folder, "a.db");
    openFileSystem(file).close();
    const journal = openReader(file);
    for (const number of [-1, 0.5, Number.NaN, Infinity, 2 ** 60]) {
      expect(journal.event(number)).toBeUndefined();
      expect(journal.run(number)).toBeUndefined();
      expect([...journal.query({ run: number, ino: number })]).toEqual([]);
    }
    journal.close();
  });
});

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function codeOf(act: () => void): string {
  try {
    act();
  } catch (error) {
    if (error instanceof FsError) return error.code;
    throw error;
  }
  return "done";
}
