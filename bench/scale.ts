import { join } from "node:path";

import { type Ino, type JournalWriter, type Name, openWriter, rootIno } from "../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../src/fs/index.ts";
import { type Bench, type Part, number } from "./bench.ts";
import { generator } from "./history-workload.ts";
import { median } from "./statistics.ts";

const levels = [10_000, 100_000, 1_000_000];
const crowds = [100, 1_000, 10_000, 100_000];
/** Events whose time is taken together. */
const windowEvents = 1_000;

/** Whether the cost of an event stays what it is as the journal, or a directory, grows. */
export const part: Part = {
  title: "Scale: microseconds per event, in batch",

  async run(bench) {
    const share = bench.amount(1, 0.2);
    const reached = levels.map((level) => level * share);
    // What the engine learns while it runs is not what is measured.
    await recorded(bench, (fs) => windows(fs, 20_000));
    const times = await recorded(bench, (fs) =>
      windows(fs, reached.at(-1) ?? 0, (events) => bench.progress(`scale: ${events} events`)),
    );
    const costs = reached.map((level) =>
      median(times.slice(level / 2 / windowEvents, level / windowEvents)),
    );
    report(bench, "events in the journal", reached, costs);
    const entries = crowds.map((crowd) => crowd * share);
    const crowded: number[] = [];
    for (const count of entries) {
      bench.progress(`scale: ${count} entries in a directory`);
      crowded.push(await recorded(bench, (fs) => inDirectory(fs, count)));
    }
    report(bench, "entries in the directory", entries, crowded);
    bench.say();
    bench.say(
      "Events: the median over the later half of each journal, in windows of 1,000: of 20, 14 append,",
    );
    bench.say(
      "2 overwrite, 2 rename, and 1 and a half make a file for each half that deletes one.",
    );
    bench.say(
      "Entries: a file is made, looked up, renamed and deleted; a round of four counts as three events.",
    );
    bench.bar({
      what: "cost of an event, most to least, 10 thousand to 1 million events",
      measured: spread(costs),
      bound: { atMost: 1.2 },
      unit: "times",
    });
    bench.bar({
      what: "cost in a directory, most to least, 100 to 100,000 entries",
      measured: spread(crowded),
      bound: { atMost: 1.3 },
      unit: "times",
    });
  },
};

function recorded<T>(bench: Bench, run: (fs: FileSystem) => T): Promise<T> {
  return bench.within((folder) => {
    const journal: JournalWriter = openWriter(join(folder, "journal.db"), { durability: "batch" });
    const limits = { ...profiles.default, events: 10_000_000 };
    const fs = new FileSystem({ journal, tree: emptyTree(), limits });
    fs.begin({ cause: "library", guest: "bench", args: [], environment: [], digest: "" });
    const result = run(fs);
    fs.end({ exit: 0 });
    journal.close();
    return result;
  });
}

function report(
  bench: Bench,
  what: string,
  levels: readonly number[],
  costs: readonly number[],
): void {
  bench.table(
    [what, ...levels.map((level) => level.toLocaleString("en-US"))],
    [["µs per event", ...costs.map(number)]],
  );
}

function spread(costs: readonly number[]): number {
  return Math.max(...costs) / Math.min(...costs);
}

/** Microseconds per event of each window, until there are so many events. */
function windows(
  fs: FileSystem,
  events: number,
  onProgress: (events: number) => void = () => {},
): number[] {
  const change = changer(fs);
  const times: number[] = [];
  for (let at = 0; at < events; at += windowEvents) {
    const start = performance.now();
    for (let index = 0; index < windowEvents; index += 1) change();
    times.push(((performance.now() - start) * 1_000) / windowEvents);
    if (at % 50_000 === 0) onProgress(at);
  }
  return times;
}

/** Makes one change after the other, on files that slowly get more. */
function changer(fs: FileSystem): () => void {
  const random = generator(20_261_124);
  const pick = (below: number) => Math.floor(random() * below);
  const bytes = Buffer.alloc(512, "text and more text, ");
  const folders = Array.from({ length: 100 }, (_, index) =>
    make(fs, "mkdir", rootIno, `d${index}`),
  );
  const files: { parent: Ino; name: Name; ino: Ino }[] = [];
  let made = 0;
  const add = () => {
    const parent = folders[pick(folders.length)] ?? rootIno;
    const name = `file${made++}` as Name;
    files.push({ parent, name, ino: make(fs, "create", parent, name) });
  };
  for (let count = 0; count < 100; count += 1) add();

  return () => {
    const dice = pick(40);
    const index = pick(files.length);
    const file = files[index];
    if (file === undefined || dice >= 37) return add();
    const { parent, name, ino } = file;
    if (dice < 32) {
      const inode = fs.inode(ino);
      const size = inode?.type === "file" ? inode.content.size : 0;
      const offset = dice < 28 ? size : pick(size + 1);
      const length = 16 + pick(200);
      fs.perform({ kind: "write", ino, offset, length }, bytes.subarray(0, length));
    } else if (dice < 36) {
      const toName = `file${made++}` as Name;
      fs.perform({ kind: "rename", parent, name, toParent: parent, toName });
      files[index] = { parent, name: toName, ino };
    } else {
      fs.perform({ kind: "unlink", parent, name });
      files[index] = files.at(-1) ?? file;
      files.pop();
    }
  };
}

/** Microseconds per event in a directory that holds so many entries all the while. */
function inDirectory(fs: FileSystem, entries: number): number {
  const directory = make(fs, "mkdir", rootIno, "crowd");
  for (let index = 0; index < entries; index += 1) make(fs, "create", directory, `entry${index}`);
  const times: number[] = [];
  let made = 0;
  for (let window = 0; window < 30; window += 1) {
    const start = performance.now();
    for (let index = 0; index < windowEvents / 3; index += 1) {
      const name = `new${made}` as Name;
      const toName = `moved${made}` as Name;
      made += 1;
      make(fs, "create", directory, name);
      fs.resolve(directory, name, "follow");
      fs.perform({ kind: "rename", parent: directory, name, toParent: directory, toName });
      fs.perform({ kind: "unlink", parent: directory, name: toName });
    }
    times.push(((performance.now() - start) * 1_000) / windowEvents);
  }
  return median(times);
}

function make(fs: FileSystem, kind: "create" | "mkdir", parent: Ino, name: string): Ino {
  const event = fs.perform({ kind, parent, name: name as Name });
  if (event?.kind !== kind) throw new Error(`no ${kind}`);
  return event.ino;
}
