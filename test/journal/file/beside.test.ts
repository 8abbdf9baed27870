import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import {
  besideEnds,
  isBeingWritten,
  JournalError,
  type LeftTail,
  openReader,
  openWriter,
  redact,
  verify,
} from "../../../journal/index.ts";
import { openThroughKeeper } from "../through-keeper.ts";
import { play, runStart, scratch } from "../support.ts";

const file = scratch();
const isRoot = process.geteuid?.() === 0;
const stranger = 1234;

/** Makes a journal in a folder of its own, and a file of the user's beside that folder. */
function prepare(): { readonly folder: string; readonly path: string; readonly victim: string } {
  const folder = mkdtempSync(file("folder-"));
  const [path, victim] = [join(folder, "run.db"), `${folder}-victim`];
  const writer = openWriter(path);
  play(writer, [{ draft: runStart }, { draft: { kind: "run-end", exit: 0 } }]);
  writer.close();
  writeFileSync(victim, "precious\n");
  return { folder, path, victim };
}

/** Describes everything about a folder and its entries. */
function picture(folder: string) {
  return readdirSync(folder).map((name) => {
    const { mode, mtimeMs, size, nlink, uid } = lstatSync(join(folder, name));
    const content = mode & 0o100000 && size < 1e6 ? readIfFile(join(folder, name)) : "";
    return { name, mode, mtimeMs, size, nlink, uid, content };
  });
}

function readIfFile(path: string): string {
  return lstatSync(path).isFile() ? readFileSync(path, "latin1") : "";
}

/** Traps in the place of a file beside a journal, and the errors that they cause. */
const traps: readonly {
  readonly is: string;
  readonly told: string;
  readonly needsRoot?: true;
  readonly set: (place: string, victim: string) => void;
}[] = [
  {
    is: "a symlink to a file",
    told: "is a symlink",
    set: (place, victim) => symlinkSync(victim, place),
  },
  {
    is: "a symlink to nothing",
    told: "is a symlink",
    set: (place, victim) => symlinkSync(`${victim}-none`, place),
  },
  {
    is: "a symlink to a directory",
    told: "is a symlink",
    set: (place, victim) => symlinkSync(dirname(victim), place),
  },
  {
    is: "a symlink to another database",
    told: "is a symlink",
    set(place, victim) {
      rmSync(victim);
      using db = disposable(new Database(victim));
      db.exec("CREATE TABLE precious (x)");
      symlinkSync(victim, place);
    },
  },
  { is: "a directory", told: "is a directory", set: (place) => mkdirSync(place) },
  {
    is: "another name of a file",
    told: "has another name (a hard link)",
    set: (place, victim) => linkSync(victim, place),
  },
  { is: "a pipe", told: "is a pipe", set: (place) => made("mkfifo", place) },
  {
    is: "a device",
    told: "is no regular file",
    needsRoot: true,
    set: (place) => made("mknod", place, "c", "1", "3"),
  },
  {
    is: "a file of another user",
    told: `belongs to another user (${stranger})`,
    needsRoot: true,
    set(place) {
      writeFileSync(place, "");
      chownSync(place, stranger, stranger);
    },
  },
];

function made(command: string, ...args: string[]): void {
  const { status } = spawnSync(command, args);
  if (status !== 0) throw new Error(`${command} failed`);
}

function disposable(db: Database.Database) {
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() });
}

test.for(traps)("$is beside a journal is refused by all who open it", async (trap, { skip }) => {
  if (trap.needsRoot === true && !isRoot) return skip("only root can make it");
  const openers: readonly ((path: string) => unknown)[] = [
    (path) => openReader(path),
    (path) => verify(path),
    (path) => openWriter(path),
    (path) => openThroughKeeper(path),
    (path) => redact(path, { what: "all", choose: () => [] }),
  ];
  const { folder, path, victim } = prepare();
  for (const end of besideEnds) {
    const place = path + end;
    trap.set(place, victim);
    const [before, ofVictim] = [picture(folder), picture(dirname(victim))];
    for (const open of openers) {
      const error = refusal(() => open(path));
      expect(error.code).toBe("unsafe");
      expect(error.message).toBe(`Cannot open ${path}: ${place} ${trap.told}.`);
      expect(error.hint).toContain("move it away");
    }
    if (end === "-lock") expect(refusal(() => isBeingWritten(path)).code).toBe("unsafe");
    expect(picture(folder)).toEqual(before);
    expect(picture(dirname(victim))).toEqual(ofVictim);
    rmSync(place, { recursive: true });
    if (!existsSync(victim) || statSync(victim).size !== 9) rmSync(victim, { force: true });
    if (!existsSync(victim)) writeFileSync(victim, "precious\n");
  }
  expect(verify(path)).toMatchObject({ ok: true, events: 2 });
});

test("a lock that is another database is not used, whatever it has in place of a lock's table", () => {
  const { path } = prepare();
  for (const sql of [
    "CREATE TABLE other (x)",
    "CREATE VIEW holder AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) AS token, 1 AS pid, '' AS command FROM n",
    "CREATE TABLE holder (pid INTEGER, command TEXT, token TEXT); CREATE TRIGGER t BEFORE DELETE ON holder BEGIN SELECT 1; END",
  ]) {
    using db = disposable(new Database(`${path}-lock`));
    db.exec(sql);
    const before = readFileSync(`${path}-lock`);
    const error = refusal(() => openWriter(path));
    expect(error.code).toBe("unsafe");
    expect(error.message).toBe(`Cannot lock ${path}-lock: it is a database of something else.`);
    db.exec("BEGIN IMMEDIATE");
    expect(refusal(() => openWriter(path)).message).toContain("another process is writing it");
    db.exec("ROLLBACK");
    expect(readFileSync(`${path}-lock`)).toEqual(before);
    rmSync(`${path}-lock`);
  }
});

test("a file in the place of the guard of a damaged lock is not removed, if it holds anything", () => {
  const { path } = prepare();
  writeFileSync(`${path}-lock`, "no database");
  writeFileSync(`${path}-lock-repair`, "notes");
  expect(refusal(() => openWriter(path)).message).toContain("run.db-lock-repair is not empty");
  expect(readFileSync(`${path}-lock-repair`, "utf8")).toBe("notes");
});

test("a journal and all that stands beside it is its user's alone", async () => {
  const path = join(mkdtempSync(file("modes-")), "run.db");
  const opened = [
    { open: openWriter, ends: ["", "-lock", "-shm", "-tail", "-wal"] },
    {
      open: (wanted: string) => openThroughKeeper(wanted),
      ends: ["", "-lock", "-shm", "-tail", "-tail-sync", "-wal"],
    },
  ];
  for (const { open, ends } of opened) {
    const writer = open(path);
    play(writer, [{ draft: runStart }, { draft: { kind: "run-end", exit: 0 } }]);
    writer.commit();
    const modes = readdirSync(dirname(path)).map((name) => [name, modeOf(path, name)]);
    expect(modes).toEqual(ends.map((end) => [`run.db${end}`, 0o600]));
    writer.close();
  }
});

test("a journal that others may read stays so, and its redo log is not theirs to read", () => {
  const { path } = prepare();
  chmodSync(path, 0o644);
  writeFileSync(`${path}-tail`, "");
  chmodSync(`${path}-tail`, 0o644);
  const writer = openWriter(path);
  expect(modeOf(path, "run.db")).toBe(0o644);
  expect(modeOf(path, "run.db-tail")).toBe(0o600);
  writer.close();
});

test("a journal is not made through a link, nor in a file that has another name", () => {
  const { folder } = prepare();
  const [empty, link, dangling, hard] = ["empty", "link", "dangling", "hard"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  writeFileSync(empty, "");
  symlinkSync(empty, link);
  symlinkSync(join(folder, "none"), dangling);
  linkSync(empty, hard);
  const before = picture(folder);
  for (const path of [link, dangling, hard])
    expect(refusal(() => openWriter(path)).code).toBe("unsafe");
  expect(picture(folder)).toEqual(before);
});

test("a pipe or a device in the place of a journal is refused at once", ({ skip }) => {
  const { folder } = prepare();
  const pipe = join(folder, "pipe");
  made("mkfifo", pipe);
  for (const path of [pipe, "/dev/zero"]) {
    if (!existsSync(path)) return skip(`there is no ${path}`);
    for (const open of [openReader, openWriter])
      expect(refusal(() => open(path)).message).toContain("it is not a regular file");
  }
});

/** Makes a journal as a killed writer leaves it: with events only in the redo log. */
function killed(): { readonly path: string; readonly events: number } {
  const [from, path] = [
    join(mkdtempSync(file("from-")), "run.db"),
    join(mkdtempSync(file("killed-")), "run.db"),
  ];
  const writer = openWriter(from, {
    buffering: { batchEvents: 1000, batchNanoseconds: 1n << 62n },
  });
  play(writer, [{ draft: runStart }, "commit", { draft: { kind: "run-end", exit: 0 } }]);
  for (const end of ["", "-wal", "-tail"]) copyFileSync(from + end, path + end);
  writer.close();
  return { path, events: 2 };
}

test("a reader takes over what the redo log of its user's own journal holds", () => {
  const { path, events } = killed();
  const told: LeftTail[] = [];
  const reader = openReader(path, { onLeft: (left) => told.push(left) });
  expect(reader.head()).toBe(events);
  expect(told).toEqual([]);
  reader.close();
});

test("a reader of another user's journal changes nothing, and says what it does not read", ({
  skip,
}) => {
  if (!isRoot) return skip("only root can give a file away");
  const { path } = killed();
  for (const name of readdirSync(dirname(path)))
    chownSync(join(dirname(path), name), stranger, stranger);
  const before = picture(dirname(path));
  const told: LeftTail[] = [];
  const reader = openReader(path, { onLeft: (left) => told.push(left) });
  expect(reader.head()).toBe(1);
  reader.close();
  expect(told).toEqual([
    {
      file: `${path}-tail`,
      bytes: statSync(`${path}-tail`).size,
      reason: "the journal belongs to another user",
      hint: expect.stringMatching(/^the next command of one who may write the journal/),
    },
  ]);
  // SQLite cannot read a log without its index.
  expect(picture(dirname(path)).filter(({ name }) => name !== "run.db-shm")).toEqual(before);
});

function modeOf(path: string, name: string): number {
  return statSync(join(dirname(path), name)).mode & 0o777;
}

function refusal(act: () => unknown): JournalError {
  try {
    act();
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
  throw new Error(`nothing was refused in ${basename(import.meta.filename)}`);
}
