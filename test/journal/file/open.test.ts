import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import {
  type Draft,
  isBeingWritten,
  JournalError,
  type JournalCode,
  openReader,
  openWriter,
  verify,
} from "../../../journal/index.ts";
import { mounted, noise, play, runStart, scratch, tickingClock, writers } from "../support.ts";
import { some } from "../../support/some.ts";

const file = scratch();
/** Commits only on request. */
const slowly = { batchNanoseconds: 1_000_000_000_000n };
const resized: Draft = { kind: "set-size", ino: 2 as never, path: "/a", size: 1 };

function refusal(act: () => unknown): JournalError {
  try {
    act();
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** Checks that both ways to open refuse, with this code and text, and that nothing changes on disk. */
function refusesUntouched(path: string, code: JournalCode, text: string): void {
  const before = snapshot(path);
  for (const open of [openWriter, openReader, verify]) {
    const error = refusal(() => open(path));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(error.hint).toMatch(/\.$/);
    expect(snapshot(path)).toStrictEqual(before);
  }
}

function snapshot(path: string) {
  const content = statSync(path).isFile() ? readFileSync(path).toString("base64") : "";
  return { content, beside: readdirSync(dirname(path)) };
}

test("a file that is no database is refused and left untouched", () => {
  const garbage = file("garbage.db");
  for (const content of [
    "x",
    "hello world\n".repeat(1000),
    "SQLite format 3\0",
    "SQLite format 3\0".padEnd(200, "\0"),
  ]) {
    writeFileSync(garbage, content);
    refusesUntouched(garbage, "not-a-journal", "it is not a rewindfs journal");
  }
});

test("a directory is refused", () => {
  mkdirSync(file("directory.db"));
  refusesUntouched(file("directory.db"), "not-a-journal", "it is not a regular file");
});

test("another SQLite database is refused and left untouched, in WAL mode and out of it, while in use and not", () => {
  for (const mode of ["DELETE", "WAL"]) {
    const path = file(`foreign-${mode}.db`);
    const db = new Database(path);
    db.pragma(`journal_mode = ${mode}`);
    db.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    refusesUntouched(path, "not-a-journal", "it is not a rewindfs journal");
    db.close();
    refusesUntouched(path, "not-a-journal", "it is not a rewindfs journal");
  }
});

test("a journal of a newer format is refused and left untouched", () => {
  const path = file("newer.db");
  openWriter(path).close();
  const db = new Database(path);
  db.pragma("user_version = 7");
  db.close();
  refusesUntouched(path, "newer", "written by a newer version (format 7, this is 6)");
});

test("a reader of nothing says that there is nothing, and makes nothing", () => {
  expect(refusal(() => openReader(file("nothing.db"))).code).toBe("missing");
  expect(existsSync(file("nothing.db"))).toBe(false);
  expect(refusal(() => openWriter(file("no/such/directory.db"))).code).toBe("missing");
});

test("an empty file becomes a journal", () => {
  writeFileSync(file("empty.db"), "");
  const writer = openWriter(file("empty.db"));
  expect(writer.head()).toBe(0);
  writer.close();
  expect(verify(file("empty.db"))).toMatchObject({ ok: true, events: 0 });
});

test.for(writers)(
  "one process is one writer, whatever it calls the file; the lock is gone with its holder ($by)",
  ({ by, open }) => {
    const path = file(`twice-${by}.db`);
    const alias = file(`alias-${by}.db`);
    const writer = open(path);
    symlinkSync(path, alias);
    const all = [path, alias].flatMap((name) => writers.map((another) => ({ name, another })));
    for (const { name, another } of some(all, 2)) {
      const error = refusal(() => another.open(name));
      expect(error.code).toBe("locked");
      expect(error.message).toContain(`this process (${process.pid}) is writing it`);
    }
    writer.close();
    expect(existsSync(`${path}-lock`)).toBe(false);
    const again = open(alias);
    expect(refusal(() => openWriter(path)).code).toBe("locked");
    again.close();
  },
);

test("a lock that a power failure left in pieces is in nobody's way", () => {
  const path = file("torn-lock.db");
  const writer = openWriter(path);
  const lock = readFileSync(`${path}-lock`);
  writer.close();
  const pageBytes = 4_096;
  for (const torn of some(
    [
      noise(lock.length, 1),
      Buffer.concat([lock.subarray(0, pageBytes), Buffer.alloc(lock.length - pageBytes)]),
      lock.subarray(0, lock.length - pageBytes),
      Buffer.concat([Buffer.alloc(pageBytes), lock.subarray(pageBytes)]),
    ],
    2,
  )) {
    writeFileSync(`${path}-lock`, torn);
    expect(isBeingWritten(path)).toBe(false);
    const next = openWriter(path);
    expect(refusal(() => openWriter(path)).code).toBe("locked");
    next.close();
    expect(readdirSync(dirname(path)).filter((name) => name.startsWith("torn-lock"))).toEqual([
      "torn-lock.db",
    ]);
  }
});

test.for(writers)(
  "a reader sees each commit of the writer, and knows when to look ($by)",
  ({ by, open }) => {
    const path = file(`follow-${by}.db`);
    const writer = open(path, { now: tickingClock(), buffering: slowly });
    const reader = openReader(path);
    let version = reader.version();
    expect(reader.version()).toBe(version);
    play(writer, [{ draft: runStart }, { draft: resized }]);
    expect(reader.head()).toBe(by === "through a keeper" ? 1 : 0);
    for (let length = 1; length < 300_000; length *= 3) {
      const payload = new Uint8Array(length).fill(length);
      play(writer, [
        { draft: { kind: "write", ino: 2 as never, path: "/a", offset: 0, length }, payload },
        "commit",
      ]);
      expect(reader.version()).not.toBe(version);
      version = reader.version();
      expect(reader.head()).toBe(writer.head());
      const end = reader.tapeLength(reader.head());
      const read = new Uint8Array(length);
      reader.readTape((end - length) as never, length, read);
      expect(Buffer.compare(read, payload)).toBe(0);
      expect(reader.digest()).toStrictEqual(writer.digest());
    }
    writer.close();
    expect(reader.head()).toBe(writer.tapeLength.length > 0 ? reader.digest().seq : 0);
    const next = openWriter(path);
    play(next, [{ draft: runStart }, "commit"]);
    expect(reader.head()).toBe(next.head());
    next.close();
    reader.close();
  },
);

test.for(writers)(
  "a sync writes even where all is committed, since only what SQLite writes does it sync ($by)",
  ({ by, open }) => {
    const path = file(`synced-${by}.db`);
    const writer = open(path);
    play(writer, [{ draft: runStart }, "commit"]);
    const committed = statSync(`${path}-wal`).size;
    writer.sync();
    const synced = statSync(`${path}-wal`).size;
    expect(synced).toBeGreaterThan(committed);
    writer.sync();
    expect(statSync(`${path}-wal`).size).toBe(synced);
    play(writer, [{ draft: { kind: "run-end", exit: 0 } }]);
    writer.sync();
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(synced);
    expect(verify(writer)).toMatchObject({ ok: true, events: 2 });
    writer.close();
  },
);

test("a journal on a read-only file system can be read, and not written", ({ skip }) => {
  const disk = mounted("4m");
  if (disk === undefined) return skip("mounting is not permitted here");
  const path = `${disk.directory}/journal.db`;
  const writer = openWriter(path);
  play(writer, [{ draft: runStart }, { draft: { kind: "run-end", exit: 0 } }]);
  writer.close();
  disk.remount("ro");
  for (const { open } of writers) {
    const error = refusal(() => open(path));
    expect(error.code).toBe("read-only");
    expect(error.message).toMatch(/^Cannot .*read-only\.$/);
  }
  const reader = openReader(path);
  expect(reader.head()).toBe(2);
  reader.close();
  expect(verify(path)).toMatchObject({ ok: true, events: 2 });
});
