import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import {
  type Ino,
  type Journal,
  type JournalWriter,
  type Name,
  type Seq,
  openReader,
  openWriter,
  rootIno,
} from "../../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../../src/fs/index.ts";
import { replayAll } from "../../src/history/snapshots/events.ts";
import {
  type History,
  SnapshotWriter,
  storeOf,
  blame,
  diffTrees,
  lookup,
  openHistory,
  readdir,
} from "../../src/history/index.ts";
import { type Bench, type Part, number } from "../measure/bench.ts";
import { againstGit } from "./git.ts";
import { type Amounts, fill, generator, million } from "./workload.ts";
import { bareNode, median, percentile, scaledTo, timeOf } from "../measure/statistics.ts";

const mega = 1024 * 1024;

/** States, steps, diffs and blame over a long past. */
export const part: Part = {
  title: "History: any moment of a million events",

  async run(bench) {
    const share = bench.amount(1, 0.1);
    const kept = recorded(bench, {
      events: million.events * share,
      files: million.files * share,
      crowded: million.crowded * share,
      overwrites: million.overwrites * share,
    });
    await bench.within((folder) => {
      const file = join(folder, "journal.db");
      copyFileSync(kept, file);
      overPast(bench, file, share);
    });
    await costOfDiff(bench);
    await costOfBlame(bench);
    await againstGit(bench);
  },
};

function overPast(bench: Bench, file: string, share: number): void {
  const journal = openReader(file);
  bench.say(
    `${journal.head().toLocaleString("en-US")} events over ${(million.files * share).toLocaleString("en-US")} files, ${million.crowded * share} of them in one directory,`,
  );
  bench.say("and one of 256 MiB that is overwritten in pieces of 4 KiB.");
  bench.say();
  stored(bench, journal);
  journal.close();
  moments(bench, file);
}

/** Returns the journal to query, made once and kept for the next time. */
function recorded(bench: Bench, amounts: Amounts): string {
  const file = join(tmpdir(), `rewindfs-bench-history-2-${amounts.events}.db`);
  if (existsSync(file)) return file;
  const making = `${file}.${process.pid}`;
  for (const end of ["", "-wal", "-shm", "-tail", "-lock"]) rmSync(making + end, { force: true });
  bench.progress(`history: recording ${amounts.events} events`);
  const journal = openWriter(making, { durability: "batch" });
  fill(journal, amounts);
  journal.close();
  renameSync(making, file);
  return file;
}

function stored(bench: Bench, journal: Journal): void {
  const snapshots = storeOf(journal);
  snapshots.clear();
  bench.progress("history: storing snapshots");
  const time = timeOf(() => new SnapshotWriter(journal).advance());
  const sizes = snapshots.sizes();
  const list = snapshots.list();
  const whole = list.filter(({ seq, base }) => seq === base).length;
  bench.table(
    ["stored snapshots", ""],
    [
      ["snapshots, whole states among them", `${list.length}, ${whole}`],
      ["making them, µs per event", number((time * 1_000) / journal.head())],
      ["bytes per event", number(sizes.snapshots / journal.head())],
      ["the journal's bytes per event", number(sizes.journal / journal.head())],
    ],
  );
  bench.bar({
    what: "stored snapshots, of the journal",
    measured: (sizes.snapshots / sizes.journal) * 100,
    bound: { atMost: 20 },
    unit: "%",
  });
}

function moments(bench: Bench, file: string): void {
  let journal = openReader(file);
  const head = journal.head();
  let history = openHistory(journal);
  const opening = timeOf(() => {
    journal.close();
    journal = openReader(file);
    history = openHistory(journal);
    look(history, head);
  });
  const random = generator(1);
  const anywhere = (): Seq => Math.floor(random() * (head - 1_000)) as Seq;

  const jumps: number[] = [];
  const busy: number[] = [];
  for (let turn = 0; turn < 300; turn += 1) {
    bench.progress(`history: jump ${turn}`);
    const seq = anywhere();
    const before = process.cpuUsage();
    jumps.push(timeOf(() => look(history, seq)));
    const { user, system } = process.cpuUsage(before);
    busy.push((user + system) / 1_000);
  }
  const forward: number[] = [];
  const back: number[] = [];
  const neighbours: number[] = [];
  for (let turn = 0; turn < 10; turn += 1) {
    bench.progress(`history: steps from place ${turn}`);
    const start = anywhere();
    history.at(start);
    for (let seq = start + 1; seq <= start + 100; seq += 1) {
      const before = history.at((seq - 1) as Seq);
      forward.push(timeOf(() => history.at(seq as Seq)));
      const after = history.at(seq as Seq);
      neighbours.push(timeOf(() => diffTrees(before, after)));
    }
    for (let seq = start + 99; seq >= start; seq -= 1)
      back.push(timeOf(() => history.at(seq as Seq)));
  }
  bench.progress("history: memory");
  const alone = fileURLToPath(new URL("./memory.ts", import.meta.url));
  const resident = Number(execFileSync(process.execPath, [alone, file], { encoding: "utf8" }));
  bench.progress("history: replaying everything");
  const replaying = timeOf(() => replayAll(journal, head));
  journal.close();

  bench.say();
  bench.table(
    ["milliseconds", "p50", "p95", "p99"],
    [
      ["a jump to any event, and a look at a directory", ...spread(jumps)],
      ["the same, in the processor's time, garbage included", ...spread(busy)],
      ["a step forward", ...spread(forward)],
      ["a step back", ...spread(back)],
      ["diff of neighbours", ...spread(neighbours)],
      ["opening, with the last state", number(opening)],
      ["for comparison: all events replayed", number(replaying)],
    ],
  );
  const bare = bareNode(bench.amount(9, 3));
  bench.say(
    `node -e 0 takes ${number(bare)} ms here; bars in ms are for a machine where it takes 30, and scaled.`,
  );
  const steps = [...forward, ...back];
  bench.bar({
    what: "opening",
    measured: opening,
    bound: { atMost: scaledTo(bare, 300) },
    unit: "ms",
  });
  bench.bar({
    what: "a jump to any event, p95",
    measured: percentile(jumps, 95),
    bound: { atMost: scaledTo(bare, 50) },
    unit: "ms",
  });
  bench.bar({
    what: "one step, p95",
    measured: percentile(steps, 95),
    bound: { atMost: scaledTo(bare, 5) },
    unit: "ms",
  });
  bench.bar({
    what: "diff of neighbours, p95",
    measured: percentile(neighbours, 95),
    bound: { atMost: scaledTo(bare, 3) },
    unit: "ms",
  });
  bench.bar({
    what: "memory of a process that makes 300 jumps",
    measured: resident,
    bound: { atMost: 400 },
    unit: "MiB resident",
  });
}

/** Reads a state as `ls` and `stat` would: an unread one costs nothing. */
function look(history: History, seq: Seq): void {
  const tree = history.at(seq);
  const folder = lookup(tree, "/folder-250");
  if (folder !== undefined) readdir(tree, folder);
  lookup(tree, "/big.bin");
}

function spread(times: readonly number[]): string[] {
  return [50, 95, 99].map((share) => number(percentile(times, share)));
}

async function costOfDiff(bench: Bench): Promise<void> {
  const rows: string[][] = [];
  for (const files of [1_000, 100_000].map((count) => count * bench.amount(1, 0.1))) {
    const cells = [`a tree of ${files.toLocaleString("en-US")} files`];
    for (const changed of [1, 100, 10_000]) {
      bench.progress(`history: diff of ${changed} among ${files}`);
      cells.push(changed > files ? "" : number(await diffOf(bench, files, changed)));
    }
    rows.push(cells);
  }
  bench.say();
  bench.table(["diff, milliseconds", "1 changed", "100", "10,000"], rows);
}

function diffOf(bench: Bench, files: number, changed: number): Promise<number> {
  return withFiles(bench, (fs, journal) => {
    const inodes = Array.from({ length: files }, (_, index) => makeFile(fs, `file-${index}`));
    const before = journal.head();
    const line = Buffer.from("one more line\n");
    for (let index = 0; index < changed; index += 1) {
      const ino = inodes[Math.floor((index * files) / changed)] ?? rootIno;
      fs.perform({ kind: "write", ino, offset: 0, length: line.length }, line);
    }
    fs.end({ exit: 0 });
    const history = openHistory(journal);
    const [left, right] = [history.at(before), history.at(journal.head())];
    // The first time makes the data.
    diffTrees(left, right);
    return median(Array.from({ length: 9 }, () => timeOf(() => diffTrees(left, right))));
  });
}

async function costOfBlame(bench: Bench): Promise<void> {
  const time = await withFiles(bench, (fs, journal) => {
    const random = generator(3);
    const ino = makeFile(fs, "file");
    const bytes = Buffer.alloc(100, "x");
    for (let turn = 0; turn < 10_000; turn += 1) {
      const offset = Math.floor(random() * (mega - bytes.length));
      fs.perform({ kind: "write", ino, offset, length: bytes.length }, bytes);
    }
    fs.end({ exit: 0 });
    const file = lookup(openHistory(journal).at(journal.head()), "/file");
    if (file?.type !== "file") throw new Error("there is no file");
    return median(
      Array.from({ length: 9 }, () => timeOf(() => blame(journal, file, journal.head()))),
    );
  });
  bench.say();
  bench.bar({
    what: "blame of 1 MiB that 10,000 writes made",
    measured: time,
    bound: { atMost: 50 },
    unit: "ms",
  });
}

function withFiles<T>(
  bench: Bench,
  run: (fs: FileSystem, journal: JournalWriter) => T,
): Promise<T> {
  return bench.within((folder) => {
    const journal = openWriter(join(folder, "journal.db"), { durability: "batch" });
    const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
    fs.begin({ cause: "library", guest: "bench", args: [], environment: [], digest: "" });
    const result = run(fs, journal);
    journal.close();
    return result;
  });
}

function makeFile(fs: FileSystem, name: string): Ino {
  const event = fs.perform({ kind: "create", parent: rootIno, name: name as Name });
  if (event?.kind !== "create") throw new Error(`no ${name}`);
  const bytes = Buffer.from(`${name}\n`);
  fs.perform({ kind: "write", ino: event.ino, offset: 0, length: bytes.length }, bytes);
  return event.ino;
}
