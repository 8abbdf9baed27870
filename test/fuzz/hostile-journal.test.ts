import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";

import {
  type Ino,
  JournalError,
  type Name,
  type Seq,
  compact,
  openReader,
  openWriter,
  rootIno,
  verify,
} from "../../journal/index.ts";
import { FsError, MisfitError, type MutableTree, inodeOf } from "../../src/fs/index.ts";
import {
  RevisionError,
  SnapshotWriter,
  openHistory,
  openJudgedWriter,
  verifyStates,
} from "../../src/history/index.ts";
import { replayAll } from "../../src/history/snapshots/events.ts";
import { baseStateOf } from "../../src/history/snapshots/base-state.ts";
import { noise, stepInRun } from "../journal/support.ts";
import { rechain, tamper } from "../support/hostile/hostile-journal.ts";
import { record } from "../support/journal.ts";
import { Random, seedOf } from "../support/random.ts";
import { patience, scale } from "../support/scale.ts";
import { treeFaults } from "../support/hostile/tree-faults.ts";
import { tried } from "../support/tried.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-hostile-"));
const whole = join(folder, "whole.db");
/** The same with its first run folded. */
const folded = join(folder, "folded.db");
const hostile = join(folder, "hostile.db");
const now = () => 2n ** 62n;

beforeAll(() => {
  record(whole, (live) => {
    for (let number = 0; number < 4; number += 1) {
      live.run(`guest-${number}`, [], () => {
        live.mkdir(`/d${number}`);
        for (let file = 0; file < 12; file += 1)
          live.write(`/d${number}/f${file}`, noise(100 + 900 * file, 7 + file));
        live.rename(`/d${number}/f0`, `/moved-${number}`);
        live.symlink(`/d${number}/link`, "f1");
        live.truncate(`/d${number}/f2`, 10);
        live.remove(`/d${number}/f3`);
      });
      live.mark(`after ${number}`);
    }
    new SnapshotWriter(live.journal, { leastEvents: 10, mostIncrements: 3 }).advance();
  });
  copyFileSync(whole, folded);
  fold(folded, () => {});
  return () => rmSync(folder, { recursive: true });
});

test(
  "whatever is changed in a journal, with the chain made to fit or not, what is told of it is a tree",
  { timeout: patience(120_000) },
  () => {
    const random = new Random(seedOf());
    for (let round = 0; round < 10 * scale; round += 1) {
      begin(random.pick([whole, folded]));
      const changes = Array.from({ length: 1 + random.below(3) }, () => tamper(hostile, random));
      if (!random.once(3)) rechain(hostile);
      use(hostile, random, changes.join("; "));
    }
    tried("hostile journals, by what their tables hold", 30 * scale);
  },
);

test(
  "whatever facts a journal tells, each chained as it should be, what is told of it is a tree",
  { timeout: patience(60_000) },
  () => {
    fc.assert(
      fc.property(fc.array(stepInRun(), { maxLength: 30 }), fc.nat(), (steps, number) => {
        begin(undefined);
        const journal = openWriter(hostile, { durability: "batch", now });
        journal.append({
          kind: "run-start",
          cause: "guest",
          guest: "forger",
          args: [],
          environment: [],
          digest: "",
          limits: new Map(),
        });
        for (const { draft, payload } of steps) journal.append(draft, payload);
        journal.append({ kind: "run-end", exit: 0 });
        journal.close();
        use(hostile, new Random(number), "facts");
        tried("hostile journals, by their facts", 1);
      }),
      { numRuns: 6 * scale, seed: seedOf() },
    );
  },
);

const outside = "../outside" as Name;

test.each<readonly [string, (tree: MutableTree) => void]>([
  ["a name that leads outside", (tree) => rename(tree, outside)],
  ["a name that is none", (tree) => rename(tree, "" as Name)],
  ["the name of the directory itself", (tree) => rename(tree, "." as Name)],
  ["an entry that leads to no inode", (tree) => enter(tree, rootIno, "new", 99 as Ino)],
  ["a file with two ways to it and one name", (tree) => enter(tree, rootIno, "new", 3 as Ino)],
  ["a directory in itself", (tree) => enter(tree, 2 as Ino, "self", 2 as Ino)],
  [
    "a directory that lies in what lies in it",
    (tree) => {
      const inode = inodeOf(tree, 2 as Ino);
      if (inode?.type !== "directory") throw new Error("there is no directory");
      leave(tree, rootIno, "d0");
      enter(tree, 2 as Ino, "d0", 2 as Ino);
      Object.assign(inode, { names: [{ parent: 2, name: "d0" }] });
    },
  ],
  ["an inode that would be made again", (tree) => void (tree.nextIno = 4 as Ino)],
  ["more inodes than there are", (tree) => void (tree.count += 1)],
  ["more bytes than there are", (tree) => void (tree.mapped += 1)],
  [
    "a file that is shorter than its bytes",
    (tree) => {
      const inode = inodeOf(tree, 5 as Ino);
      if (inode?.type !== "file") throw new Error("there is no file");
      Object.assign(inode.content, { size: 1 });
    },
  ],
  [
    "an inode without a name",
    (tree) => void Object.assign(inodeOf(tree, 5 as Ino) ?? {}, { names: [] }),
  ],
])("a journal that begins with %s is refused", (_, forge) => {
  begin(whole);
  fold(hostile, forge);
  const reader = openReader(hostile);
  expect(verify(reader)).toMatchObject({ ok: true });
  expect(verifyStates(reader)).toMatchObject({
    reason: expect.stringContaining("damaged") as unknown,
  });
  expect(() => openHistory(reader).state("@")).toThrow(JournalError);
  reader.close();
});

test("the writer of the library refuses facts that are no tree, and goes on with those that are", () => {
  begin(whole);
  const writer = openJudgedWriter(hostile, { now });
  const start = { cause: "library", guest: "x", args: [], environment: [], digest: "" } as const;
  writer.append({ kind: "run-start", ...start, limits: new Map() });
  const head = writer.head();
  const self = { ino: 2 as Ino, path: "/d0/self", parent: 2 as Ino, name: "self" as Name };
  expect(() => writer.append({ kind: "link", ...self })).toThrow(TypeError);
  expect(() => writer.append({ kind: "create", ...self })).toThrow(/exist/);
  expect(() =>
    writer.append({
      kind: "revert",
      ino: 5 as Ino,
      path: "/d0/f2",
      size: 2 ** 40,
      extents: [{ offset: 0, length: 2 ** 40, tape: 0 as never }],
    }),
  ).toThrow(TypeError);
  expect(writer.head()).toBe(head);
  writer.append({ kind: "rmdir", ...emptyDirectory(writer), kept: false });
  writer.append({ kind: "run-end", exit: 0 });
  writer.close();
  expect(verify(hostile)).toMatchObject({ ok: true });
});

function emptyDirectory(writer: ReturnType<typeof openJudgedWriter>) {
  const ino = openHistory(writer).at(writer.head()).nextIno;
  const entry = { ino, path: "/new", parent: rootIno, name: "new" as Name };
  writer.append({ kind: "mkdir", ...entry });
  return entry;
}

function begin(original: string | undefined): void {
  for (const end of ["", "-wal", "-shm", "-tail", "-lock", "-journal", "-tail-stray"])
    rmSync(hostile + end, { force: true });
  if (original !== undefined) copyFileSync(original, hostile);
}

/** Folds the first run into the state after it, as changed by `forge`. */
function fold(file: string, forge: (tree: MutableTree) => void): void {
  compact(file, {
    what: "run:1",
    choose: (journal) => journal.run(1 as never)?.last ?? (0 as Seq),
    stateAt: (journal, seq) => {
      const tree = replayAll(journal, seq);
      forge(tree);
      return baseStateOf(journal, seq, tree);
    },
    now,
  });
}

/** Uses it in every way: verify, readers at any moment, and a writer that continues it. */
function use(file: string, random: Random, label: string): void {
  const isAccepted = answer(() => verify(file).ok && isReplayed(file)) === true;
  answer(() => {
    const reader = openReader(file);
    try {
      answer(() => reader.runs());
      answer(() => [...reader.paths()]);
      answer(() => reader.seqAtTime(now()));
      answer(() => [...reader.query({ paths: ["/d0/f1", "/moved-1"], order: "reverse" })]);
      const history = openHistory(reader);
      for (let look = 0; look < 4; look += 1) {
        const seq = random.below(Math.min(reader.head(), 2 ** 30) + 1) as Seq;
        const tree = answer(() => history.at(seq));
        if (tree !== undefined) expect(treeFaults(tree), label).toEqual([]);
        if (isAccepted && seq >= (reader.base()?.seq ?? 0)) expect(tree, label).toBeDefined();
      }
    } finally {
      reader.close();
    }
  });
  answer(() => {
    const writer = openJudgedWriter(file, { durability: "batch", now });
    try {
      writer.append({ kind: "mark", name: "seen", at: 0 as Seq });
      new SnapshotWriter(writer, { leastEvents: 5 }).advance();
    } finally {
      writer.close();
    }
  });
  if (isAccepted) expect(verify(file), label).toMatchObject({ ok: true });
}

function isReplayed(file: string): boolean {
  const reader = openReader(file);
  try {
    return verifyStates(reader) === undefined;
  } finally {
    reader.close();
  }
}

/** Returns the act's result, or undefined if it reports an error of ours; any other error fails the test. */
function answer<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    const isAnswer = [JournalError, MisfitError, FsError, RevisionError].some(
      (kind) => error instanceof kind,
    );
    if (isAnswer) return undefined;
    throw error;
  }
}

function rename(tree: MutableTree, name: Name): void {
  const inode = inodeOf(tree, 5 as Ino);
  const link = inode?.names[0];
  if (inode === undefined || link === undefined) throw new Error("there is no such inode");
  leave(tree, link.parent, link.name);
  enter(tree, link.parent, name, inode.ino);
  Object.assign(inode, { names: [{ parent: link.parent, name }] });
}

function enter(tree: MutableTree, parent: Ino, name: string, ino: Ino): void {
  const directory = inodeOf(tree, parent);
  if (directory?.type !== "directory" || !("names" in directory.entries))
    throw new Error("there is no such directory");
  const names = new Map(directory.entries.names).set(name as Name, ino);
  Object.assign(directory.entries, { names });
  Object.assign(directory, { size: names.size });
}

function leave(tree: MutableTree, parent: Ino, name: string): void {
  const directory = inodeOf(tree, parent);
  if (directory?.type !== "directory" || !("names" in directory.entries))
    throw new Error("there is no such directory");
  const names = new Map(directory.entries.names);
  names.delete(name as Name);
  Object.assign(directory.entries, { names });
  Object.assign(directory, { size: names.size });
}
