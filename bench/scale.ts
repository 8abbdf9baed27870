import { join } from "node:path";

import { type Ino, type JournalWriter, type Name, openWriter, rootIno } from "../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../src/fs/index.ts";
import { type Bench, type Part, number } from "./measure/bench.ts";
import { generator } from "./history/workload.ts";
import { median } from "./measure/statistics.ts";

const levels = [10_000, 100_000, 1_000_000];
const crowds = [100, 1_000, 10_000, 100_000];
const files = 1_000;
/** Events in a directory whose cost is measured together: many, as garbage is collected now and then. */
const crowdEvents = 128_000;
const rounds = 5;
/** Events after a level that are measured: two parts of the index, and several commits. */
export const nextEvents = 32_768;

/** Cost of an event, in microseconds. */
export interface Cost {
  readonly wall: number;
  /** Processor time, all threads together. */
  readonly processor: number;
}

/** Cost of an event as the journal, or a directory, grows. */
export const part: Part = {
  title: "Scale: microseconds per event, in batch",

  async run(bench) {
    const share = bench.amount(1, 0.2);
    const reached = levels.map((level) => level * share);
    const entries = crowds.map((crowd) => crowd * share);
    // Warm up the engine, which is not measured.
    await recorded(bench, (run) => grown(run, changes(run.fs, files, "as many"), [40_000]));
    await recorded(bench, (run) => crowded(run, 100));
    const lengths: Cost[][] = reached.map(() => []);
    const directories: Cost[][] = entries.map(() => []);
    for (let round = 1; round <= bench.amount(rounds, 1); round += 1) {
      bench.progress(`scale: round ${round}, a journal grows`);
      const grow = (run: Recorded) => grown(run, changes(run.fs, files, "as many"), reached);
      for (const [at, cost] of (await recorded(bench, grow)).entries()) lengths[at]?.push(cost);
      for (const [at, count] of entries.entries()) {
        bench.progress(`scale: round ${round}, ${count} entries in a directory`);
        directories[at]?.push(await recorded(bench, (run) => crowded(run, count)));
      }
    }
    bench.progress("scale: a journal and its files grow");
    const both = await recorded(bench, (run) => grown(run, changes(run.fs, 100, "more"), reached));
    const [length, directory] = [lengths.map(medianOf), directories.map(medianOf)];

    report(bench, `events in the journal, ${files} files`, reached, length);
    report(bench, "entries in the directory", entries, directory);
    report(bench, "events in the journal, ever more files", reached, both);
    bench.say();
    bench.say(
      "All of it counts, commits too; medians of 5 rounds, ever more files one. Processor time is of all",
    );
    bench.say(
      "threads; waiting for the disk is not in it, nor for others on the machine. Events: the mean of",
    );
    bench.say(
      "32,768 in a journal that holds so many; of 20, 14 append, 2 overwrite, 2 rename, 1 deletes a file",
    );
    bench.say(
      `and 1 makes one in its place, among ${files} that are made first. Entries: a file is made, looked`,
    );
    bench.say(
      "up, renamed and deleted; a round of four counts as three events. Ever more files: 100 at first,",
    );
    bench.say(
      "and three are made for each that is deleted, to 50,000: what is at hand in the processor's caches",
    );
    bench.say("of all of them gets less, and so each costs more to get at; no bar is on that.");
    bench.bar({
      what: "processor time of an event, most to least, 10 thousand to 1 million events",
      measured: spread(length),
      bound: { atMost: 1.2 },
      unit: "times",
    });
    bench.bar({
      what: "processor time in a directory, most to least, 100 to 100,000 entries",
      measured: spread(directory),
      bound: { atMost: 1.3 },
      unit: "times",
    });
  },
};

export interface Recorded {
  readonly fs: FileSystem;
  readonly journal: JournalWriter;
}

function recorded<T>(bench: Bench, run: (recorded: Recorded) => T): Promise<T> {
  return bench.within((folder) => {
    const journal: JournalWriter = openWriter(join(folder, "journal.db"), { durability: "batch" });
    const limits = { ...profiles.default, events: 10_000_000 };
    const fs = new FileSystem({ journal, tree: emptyTree(), limits });
    fs.begin({ cause: "library", guest: "bench", args: [], environment: [], digest: "" });
    const result = run({ fs, journal });
    fs.end({ exit: 0 });
    journal.close();
    return result;
  });
}

function report(
  bench: Bench,
  what: string,
  levels: readonly number[],
  costs: readonly Cost[],
): void {
  bench.table(
    [what, ...levels.map((level) => level.toLocaleString("en-US"))],
    [
      ["µs per event", ...costs.map(({ wall }) => number(wall))],
      ["processor time of it", ...costs.map(({ processor }) => number(processor))],
    ],
  );
}

function medianOf(costs: readonly Cost[]): Cost {
  return {
    wall: median(costs.map(({ wall }) => wall)),
    processor: median(costs.map(({ processor }) => processor)),
  };
}

export function spread(costs: readonly Cost[]): number {
  const times = costs.map(({ processor }) => processor);
  return Math.max(...times) / Math.min(...times);
}

/** Measures each event that a function appends, with the time to commit all of them. */
export function costOf({ fs, journal }: Recorded, run: () => void): Cost {
  journal.commit();
  const before = fs.head;
  const [start, used] = [performance.now(), process.cpuUsage()];
  run();
  journal.commit();
  const wall = (performance.now() - start) * 1_000;
  const { user, system } = process.cpuUsage(used);
  const events = fs.head - before;
  return { wall: wall / events, processor: (user + system) / events };
}

/** Measures the cost of further events in a journal that holds so many, for each of these numbers. */
export function grown(run: Recorded, change: () => void, levels: readonly number[]): Cost[] {
  const until = (events: number) => {
    while (run.fs.head < events) change();
  };
  return levels.map((level) => {
    until(level);
    return costOf(run, () => until(level + nextEvents));
  });
}

/** A file that changes are made on. */
export interface Subject {
  readonly parent: Ino;
  readonly name: Name;
  readonly ino: Ino;
}

/** Makes one change after the other, on a constant or slowly growing number of files. */
export function changes(fs: FileSystem, count: number, later: "as many" | "more"): () => void {
  const folders = Array.from({ length: 100 }, (_, index) =>
    make(fs, "mkdir", rootIno, `d${index}`),
  );
  const { add, change } = changing(fs, folders, [], later);
  for (let at = 0; at < count; at += 1) add(at);
  return change;
}

/** Returns what makes one change on some of these files, and what makes one more; new names end in numbers from `made` on. */
export function changing(
  fs: FileSystem,
  folders: readonly Ino[],
  files: Subject[],
  later: "as many" | "more",
  made = 0,
): { readonly add: (at: number) => void; readonly change: () => void } {
  const random = generator(20_261_124);
  const pick = (below: number) => Math.floor(random() * below);
  const bytes = Buffer.alloc(512, "text and more text, ");
  let next = made;
  const add = (at: number) => {
    const parent = folders[pick(folders.length)] ?? rootIno;
    const name = `file${next++}` as Name;
    files[at] = { parent, name, ino: make(fs, "create", parent, name) };
  };
  const change = () => {
    const dice = pick(40);
    const index = pick(files.length);
    const file = files[index];
    if (file === undefined || (later === "more" && dice >= 37)) return add(files.length);
    const { parent, name, ino } = file;
    if (dice < 32) {
      const inode = fs.inode(ino);
      const size = inode?.type === "file" ? inode.content.size : 0;
      const offset = dice < 28 ? size : pick(size + 1);
      const length = 16 + pick(200);
      fs.perform({ kind: "write", ino, offset, length }, bytes.subarray(0, length));
    } else if (dice < 36) {
      const toName = `file${next++}` as Name;
      fs.perform({ kind: "rename", parent, name, toParent: parent, toName });
      files[index] = { parent, name: toName, ino };
    } else {
      fs.perform({ kind: "unlink", parent, name });
      if (later === "as many") return add(index);
      files[index] = files.at(-1) ?? file;
      files.pop();
    }
  };
  return { add, change };
}

/** Measures an event in a directory that always holds so many entries. */
function crowded(run: Recorded, entries: number): Cost {
  const { fs } = run;
  const directory = make(fs, "mkdir", rootIno, "crowd");
  for (let index = 0; index < entries; index += 1) make(fs, "create", directory, `entry${index}`);
  let made = 0;
  return costOf(run, () => {
    for (const end = fs.head + crowdEvents; fs.head < end; made += 1) {
      const [name, toName] = [`new${made}` as Name, `moved${made}` as Name];
      make(fs, "create", directory, name);
      fs.resolve(directory, name, "follow");
      fs.perform({ kind: "rename", parent: directory, name, toParent: directory, toName });
      fs.perform({ kind: "unlink", parent: directory, name: toName });
    }
  });
}

function make(fs: FileSystem, kind: "create" | "mkdir", parent: Ino, name: string): Ino {
  const event = fs.perform({ kind, parent, name: name as Name });
  if (event?.kind !== kind) throw new Error(`no ${kind}`);
  return event.ino;
}
