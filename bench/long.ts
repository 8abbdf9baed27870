import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { type Seq, openReader, openWriter, rootIno } from "../journal/index.ts";
import { FileSystem, emptyTree, inodeOf, profiles } from "../src/fs/index.ts";
import {
  type Entry,
  SnapshotWriter,
  lookup,
  openHistory,
  readdir,
  verifyWhole,
} from "../src/history/index.ts";
import { type Bench, type Part, number } from "./measure/bench.ts";
import { openDesk, processorTime } from "./desk.ts";
import { generator } from "./history/workload.ts";
import { type Cost, changes, grown, spread } from "./scale.ts";
import { bareNode, median, percentile, scaledTo, timeOf } from "./measure/statistics.ts";

const tenMillion = 10_000_000;
const folder = "/d50";

/** The past of a journal that is ten times as long as that of the other parts. */
export const part: Part = {
  title: "A long journal: ten million events over 500,000 files",

  async run(bench) {
    const events = tenMillion * bench.amount(1, 0.02);
    const bare = bareNode(bench.amount(9, 3));
    const { file, costs } = recorded(bench, events);
    const megabytes = statSync(file).size / 1e6;
    bench.say(`${events.toLocaleString("en-US")} events; the file has ${number(megabytes)} MB.`);
    bench.say(
      `node -e 0 takes ${number(bare)} ms here; bars in ms are for a machine where it takes 30, and scaled.`,
    );
    bench.bar({
      what: "processor time of an event, most to least, from a thousandth of them on",
      measured: spread(costs),
      bound: { atMost: 1.5 },
      unit: "times",
    });
    moments(bench, file, bare);
    await steps(bench, file, bare);
    memory(bench, file);
    verifying(bench, file);
  },
};

interface Kept {
  readonly file: string;
  /** Of an event where the journal had a thousandth, a hundredth, a tenth and nearly all of its events. */
  readonly costs: readonly Cost[];
}

/** Returns the journal to look at, with its snapshots; made once, in some minutes, and kept for the next time. */
function recorded(bench: Bench, events: number): Kept {
  const file = join(tmpdir(), `rewindfs-bench-long-1-${events}.db`);
  const beside = `${file}.json`;
  if (existsSync(file) && existsSync(beside))
    return { file, costs: JSON.parse(readFileSync(beside, "utf8")) as Cost[] };
  const making = `${file}.making`;
  for (const end of ["", "-wal", "-shm", "-tail", "-lock"]) rmSync(making + end, { force: true });
  bench.progress(`long: recording ${events} events`);
  const journal = openWriter(making, { durability: "batch" });
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  fs.begin({ cause: "library", guest: "bench", args: [], environment: [], digest: "" });
  const levels = [0.001, 0.01, 0.1, 0.99].map((share) => Math.round(share * events));
  const change = changes(fs, 100, "more");
  const costs = grown({ fs, journal }, change, levels);
  while (fs.head < events) change();
  fs.end({ exit: 0 });
  bench.progress("long: storing snapshots");
  new SnapshotWriter(journal).advance();
  journal.close();
  writeFileSync(beside, JSON.stringify(costs));
  renameSync(making, file);
  return { file, costs };
}

/** Opens the journal, and looks at moments anywhere in it. */
function moments(bench: Bench, file: string, bare: number): void {
  const openings = Array.from({ length: bench.amount(5, 2) }, () =>
    timeOf(() => {
      const journal = openReader(file);
      look(openHistory(journal), journal.head());
      journal.close();
    }),
  );
  const journal = openReader(file);
  const history = openHistory(journal);
  const random = generator(1);
  const jumps = Array.from({ length: bench.amount(300, 30) }, (_, turn) => {
    bench.progress(`long: jump ${turn}`);
    return timeOf(() => look(history, Math.floor(random() * journal.head()) as Seq));
  });
  const files = Array.from({ length: bench.amount(100, 10) }, (_, turn) => {
    bench.progress(`long: file ${turn}`);
    const seq = Math.floor(random() * journal.head()) as Seq;
    const event = journal.event(seq);
    const ino = event !== undefined && "ino" in event ? event.ino : rootIno;
    return timeOf(() => inodeOf(history.at(seq), ino));
  });
  const listings = Array.from({ length: bench.amount(30, 5) }, (_, turn) => {
    bench.progress(`long: listing ${turn}`);
    const seq = Math.floor(random() * journal.head()) as Seq;
    return timeOf(() => look(history, seq).map(({ inode }) => inode));
  });
  journal.close();
  bench.table(
    ["milliseconds", "p50", "p95"],
    [
      ["opening, with the last state", number(median(openings)), number(percentile(openings, 95))],
      ["a jump to any event, and a look at a directory", ...both(jumps)],
      ["a jump to any event, and a look at what it changed", ...both(files)],
      ["a jump to a directory, with the facts of all files in it", ...both(listings)],
    ],
  );
  bench.bar({
    what: "opening",
    measured: median(openings),
    bound: { atMost: scaledTo(bare, 500) },
    unit: "ms",
  });
  bench.bar({
    what: "a jump to any event, p95",
    measured: percentile(jumps, 95),
    bound: { atMost: scaledTo(bare, 20) },
    unit: "ms",
  });
}

function look(history: ReturnType<typeof openHistory>, seq: Seq): readonly Entry[] {
  const tree = history.at(seq);
  const found = lookup(tree, folder);
  return found === undefined ? [] : readdir(tree, found);
}

function both(times: readonly number[]): string[] {
  return [number(median(times)), number(percentile(times, 95))];
}

/** Steps through the debugger, and filters by a part of a name. */
async function steps(bench: Bench, file: string, bare: number): Promise<void> {
  const desk = await openDesk(file);
  const random = generator(3);
  const [paints, work]: [number[], number[]] = [[], []];
  desk.type(":50%\r");
  await desk.quiet();
  for (let round = 0; round < bench.amount(100, 10); round += 1) {
    bench.progress(`long: step ${round}`);
    const [begin, before] = [performance.now(), process.threadCpuUsage()];
    desk.type(random() < 0.5 ? "k" : "j");
    while (desk.painted() < begin) await nextTurn();
    paints.push(desk.painted() - begin);
    work.push(processorTime(before));
    await desk.quiet();
  }
  desk.type("f\x15file1");
  await desk.quiet();
  const begin = performance.now();
  desk.type("\r");
  await desk.quiet();
  const filter = performance.now() - begin;
  const found = desk.session.program.state().filter?.matches.count ?? 0;
  await desk.close();
  bench.table(
    ["the debugger, ms", "p50", "p95"],
    [
      ["a step to its paint", ...both(paints)],
      ["processor time of it", ...both(work)],
      [`a filter by a part of a name, ${found} matches`, number(filter), ""],
    ],
  );
  bench.bar({
    what: "a step to its paint, p95",
    measured: percentile(paints, 95),
    bound: { atMost: scaledTo(bare, 16) },
    unit: "ms",
  });
}

function memory(bench: Bench, file: string): void {
  bench.progress("long: memory");
  const alone = fileURLToPath(new URL("./history/memory.ts", import.meta.url));
  const told = execFileSync(process.execPath, [alone, file, folder], { encoding: "utf8" });
  bench.bar({
    what: "memory of a process that makes 300 jumps",
    measured: Number(told),
    bound: { atMost: 600 },
    unit: "MiB resident",
  });
}

/** Verifies all of it, as the command does. */
function verifying(bench: Bench, file: string): void {
  bench.progress("long: verifying");
  const before = process.cpuUsage();
  let events = 0;
  const time = timeOf(() => {
    const verdict = verifyWhole(file);
    if (!verdict.ok) throw new Error(verdict.reason);
    events = verdict.events;
  });
  const { user, system } = process.cpuUsage(before);
  bench.say(`Verifying takes ${number((user + system) / events)} µs of processor time an event,`);
  bench.say(
    "in three threads: rows and digests, and each half of all states and snapshots, made again.",
  );
  bench.bar({
    what: "verifying",
    measured: (events * 1_000) / time,
    bound: { atLeast: 300_000 },
    unit: "events a second",
  });
}
