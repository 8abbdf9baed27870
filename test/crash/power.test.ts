import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";

import {
  type Durability,
  type Event,
  type Seq,
  type TapePosition,
  openReader,
} from "../../journal/index.ts";
import { openHistory } from "../../src/history/index.ts";
import { Workplace, guests } from "../run/support.ts";
import { start } from "../support/screen/command.ts";
import { Random, seedOf } from "../support/random.ts";
import { patience, scale, step } from "../support/scale.ts";
import { disk } from "../support/temporary.ts";
import { tried } from "../support/tried.ts";
import { some } from "../support/some.ts";
import { type Recorded, recordCalls } from "./file-calls.ts";
import { type Manner, filesAfterPowerLoss } from "./power-loss.ts";
import { expectWhole } from "./survivors.ts";
import { testWhereTraced } from "./traced.ts";

const tracedTest = testWhereTraced();

const libraryChild = new URL("library-child.ts", import.meta.url).pathname;
const journalName = "journal.db";
const manners = [
  "all",
  "none",
  "first",
  "some",
  "torn",
  "nameless",
] as const satisfies readonly Manner[];
const durabilities = ["process", "batch", "power"] as const satisfies readonly Durability[];

/** Number and length of the guest's lines, number of lines between syncs; and how often the power fails. */
const runs = {
  "a short run": [24, 16, 5, 6],
  "a run of many long lines": [600, 16_000, 200, 1],
  "a run that syncs often": [300, 700, 1, 1],
} as const;
/** In the short form some of these: for each durability a short run, and the most doubtful case for it. */
const shortForm: Readonly<Record<Durability, readonly string[]>> = {
  process: ["a short run", "a run of many long lines"],
  batch: ["a short run", "a run that syncs often"],
  power: ["a short run"],
};
type Lines = readonly [count: number, bytes: number, synced: number, ...unknown[]];

tracedTest.each(
  some(
    durabilities.flatMap((durability) =>
      Object.entries(runs)
        .filter(([name]) => scale > 1 || shortForm[durability].includes(name))
        .map(([name, lines]) => ({ name, durability, lines })),
    ),
    2,
  ),
)(
  "power that fails in $name leaves what was synced, and of the rest an exact beginning: $durability",
  { timeout: patience(60_000) },
  ({ durability, lines }) => {
    using place = new Workplace(disk);
    const recorded = recordRun(place.folder, durability, lines);
    const truth = contentOf(place.journal);
    const promised = promiseOf(recorded, truth, durability, lines);
    losePower(recorded, lines[3], (folder, moment) => {
      expectBeginning(join(folder, journalName), truth, promised(moment));
    });
  },
);

/** Writers of library-child.ts, with the number of lines between syncs, and the file that each begins again many times. */
const writers = [
  { writer: "library", who: "the library", every: 40, log: "-wal", short: ["power"] },
  { writer: "keeper", who: "a guest with a short log", every: 4, log: "-tail", short: ["process"] },
  { writer: "read", who: "a guest whose journal is read", every: 4, short: ["process"] },
] as const;

tracedTest.each(
  some(
    writers.flatMap(({ short, ...one }) =>
      (scale > 1 ? durabilities : short).map((durability) => ({
        log: undefined,
        ...one,
        durability,
      })),
    ),
  ),
)(
  "power that fails while $who writes leaves what was synced, and of the rest an exact beginning: $durability",
  { timeout: patience(60_000) },
  ({ writer, durability, every, log }) => {
    using place = new Workplace(disk);
    const lines = [120, 4_000, every] as const;
    const program = [libraryChild, place.journal, durability, ...lines.map(String), writer];
    const recorded = recordCalls(place.folder, [journalName], program);
    expect(recorded).toMatchObject({ exit: 0 });
    if (log !== undefined) expect(timesBegun(recorded, journalName + log)).toBeGreaterThan(1);
    const truth = contentOf(place.journal);
    const promised = promiseOf(recorded, truth, durability, lines);
    const look = (folder: string, moment: number): void => {
      expectBeginning(join(folder, journalName), truth, promised(moment));
    };
    // The redo log is gone then, whether or not the journal's own files have come to the disk.
    const closed = recorded.calls.find((call) => call.kind === "said" && call.text === "closed\n");
    const moment = closed?.begun ?? Number.NaN;
    const ends = Array.from({ length: 12 }, () => ({ moment, manner: "some" }) as const);
    losePower(recorded, 6, look, writer === "read" ? ends : []);
  },
);

const twice = [
  ["process", "process"],
  ["power", "batch"],
  ["batch", "process"],
  ["power", "process"],
] as const;

tracedTest.each(scale > 1 ? twice : twice.slice(0, 1))(
  "power that fails again, after what it left was taken up, leaves one history and no other: %s, then %s",
  { timeout: patience(60_000) },
  (before, after) => {
    using place = new Workplace(disk);
    const lines = [200, 3_000, 50] as const;
    const first = recordRun(place.folder, before, lines);
    const promisedBefore = promiseOf(first, contentOf(place.journal), before, lines);
    losePower(first, 1, (folder, momentBefore) => {
      const second = recordRun(folder, after, lines);
      const truth = contentOf(join(folder, journalName));
      const promised = promiseOf(second, truth, after, lines);
      losePower(second, 3, (again, moment) => {
        const least = Math.max(promisedBefore(momentBefore), promised(moment));
        expectBeginning(join(again, journalName), truth, least);
      });
    });
  },
);

const commands = {
  import: ["import", "host", "/in"],
  restore: ["restore", "3"],
  undo: ["undo"],
  mark: ["mark", "here"],
  fork: ["fork", "@", "forked.db"],
} as const;

tracedTest.each(some(Object.entries(commands), 2))(
  "power that fails in %s leaves whole journals, and all that was done when the command has ended",
  { timeout: patience(60_000) },
  (name, args) => {
    using place = new Workplace(disk);
    journalBefore(place.folder, 1, [20, 40, 100]);
    const before = contentOf(place.journal).events.length;
    const host = new Workplace(disk);
    writeFileSync(host.path("file"), "of the host");
    const absolute = args.map((arg) =>
      arg === "host" ? host.folder : arg === "forked.db" ? place.path(arg) : arg,
    );
    const names = [journalName, "forked.db", "forked.db.partial"];
    const recorded = recordCalls(place.folder, names, [start[1], "-j", place.journal, ...absolute]);
    expect(recorded).toMatchObject({ exit: 0 });
    const truth = contentOf(place.journal);
    losePower(recorded, 4, (folder, moment) => {
      const isDone = moment === recorded.end;
      const least = isDone ? truth.events.length : before;
      expectBeginning(join(folder, journalName), truth, least);
      if (name !== "fork") return;
      const forked = join(folder, "forked.db");
      if (isDone) expect(existsSync(forked)).toBe(true);
      if (existsSync(forked)) expectBeginning(forked, truth, truth.events.length);
    });
  },
);

const rewritings = {
  redact: ["redact", "/numbers"],
  gc: ["gc", "--before", "run:1"],
} as const;

tracedTest.each(Object.entries(rewritings))(
  "power that fails in %s leaves the journal as it was, or as it was to be",
  { timeout: patience(60_000) },
  (_, args) => {
    using place = new Workplace(disk);
    journalBefore(place.folder, 2, [200, 1_000, 100]);
    const before = toldBy(place.journal);
    const program = [start[1], "-j", place.journal, ...args];
    const recorded = recordCalls(place.folder, [journalName], program);
    expect(recorded).toMatchObject({ exit: 0 });
    const after = toldBy(place.journal);
    expect(after).not.toEqual(before);
    // SQLite truncates the file when its rollback journal is removed, in this order, at any time.
    const cuts = momentsOfCuts(recorded);
    const moments = scale > 1 ? everyFourth(recorded.end) : someOf(cuts, 6);
    const losses = moments.map((moment) => ({ moment, manner: "nameless" as const }));
    const look = (folder: string, moment: number): void => {
      const file = join(folder, journalName);
      expectWhole(file);
      const isDone = moment === recorded.end;
      expect(toldBy(file)).toBeOneOf(isDone ? [after] : [before, after]);
    };
    losePower(recorded, 2, look, losses);
  },
);

function everyFourth(end: number): number[] {
  return Array.from({ length: Math.ceil(end / 4) }, (_, index) => index * 4);
}

/** Returns so many of them, at random, and the last. */
function someOf(moments: readonly number[], count: number): number[] {
  const random = new Random(seedOf());
  const some = Array.from({ length: count }, () => random.pick(moments));
  return [...new Set([...some, ...moments.slice(-1)])];
}

/** Returns the moments before and after each call that truncates, removes or renames a file. */
function momentsOfCuts({ calls }: Recorded): number[] {
  const cuts = calls.filter(
    ({ kind, begun }) => begun > 0 && ["size", "remove", "rename"].includes(kind),
  );
  return [...new Set(cuts.flatMap(({ begun, ended }) => [begun - 1, ended, ended + 1]))];
}

/** Returns the present events one by one, and the file as it is now. */
function toldBy(file: string): string {
  const journal = openReader(file);
  try {
    const text = Buffer.from(openHistory(journal).state("@").readFile("/numbers"));
    const events = [...journal.query({})];
    return JSON.stringify([events, text.toString("latin1")], (_, value: unknown) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
  } finally {
    journal.close();
  }
}

/** Records a guest that writes lines, acknowledges each, and reports its syncs. */
function recordRun(folder: string, durability: Durability, lines: Lines): Recorded {
  const recorded = recordCalls(folder, [journalName], writingLines(folder, durability, lines));
  expect(recorded).toMatchObject({ exit: 0 });
  return recorded;
}

/** Folders with the journals that such guests left, by what they were told. */
const left = new Map<string, Workplace>();
afterAll(() => left.forEach((place) => place[Symbol.dispose]()));

/** Puts a journal into a folder that such runs left, none of whose calls were recorded. They run once for all tests. */
function journalBefore(folder: string, runs: number, lines: Lines): void {
  const key = JSON.stringify([runs, lines]);
  let place = left.get(key);
  if (place === undefined) {
    left.set(key, (place = new Workplace(disk)));
    for (let run = 0; run < runs; run += 1)
      expect(
        spawnSync(process.execPath, writingLines(place.folder, "process", lines)),
      ).toMatchObject({ status: 0 });
  }
  cpSync(place.folder, folder, { recursive: true });
}

function writingLines(folder: string, durability: Durability, lines: Lines): string[] {
  const guest = [guests.files, "acknowledge-synced", ...lines.slice(0, 3).map(String)];
  const run = ["run", "--isolation", "none", "--durability", durability, ...guest];
  return [start[1], "-j", join(folder, journalName), ...run];
}

/** Counts the writes to the beginning of a file of this name. */
function timesBegun({ calls }: Recorded, name: string): number {
  const files = calls.flatMap((call) =>
    call.kind === "create" && call.name === name ? [call.file] : [],
  );
  return calls.filter((call) => call.kind === "write" && files.includes(call.file) && call.at === 0)
    .length;
}

interface Loss {
  readonly moment: number;
  readonly manner: Manner;
}

/**
 * Calls `look` with the remains of a folder after the power failed at some moment, many times: in the long form, for a
 * program with few calls, also at each of them, or at regular intervals.
 */
function losePower(
  recorded: Recorded,
  images: number,
  look: (folder: string, moment: number) => void,
  always: readonly Loss[] = [],
): void {
  const seed = seedOf();
  const random = new Random(seed);
  const losses: Loss[] = Array.from({ length: images * scale }, () => ({
    moment: random.once(6) ? recorded.end : random.below(recorded.end + 1),
    manner: random.pick(manners),
  }));
  losses.push(...always);
  if (scale > 1 && recorded.end < fewCalls)
    for (let moment = 0; moment <= recorded.end; moment += step)
      for (const manner of ["all", "none"] as const) losses.push({ moment, manner });
  for (const [index, { moment, manner }] of losses.entries()) {
    const folder = mkdtempSync(join(tmpdir(), "rewindfs-power-"));
    try {
      const files = filesAfterPowerLoss(recorded.calls, moment, manner, random);
      for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
      look(folder, moment);
    } catch (cause) {
      const when = `moment ${moment} of ${recorded.end}`;
      throw new Error(`seed ${seed}, loss ${index}: ${manner} at ${when}`, { cause });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  tried("losses of power", losses.length);
}

const fewCalls = 300;

interface Content {
  readonly events: readonly Event[];
  readonly tape: Buffer;
}

function contentOf(file: string): Content {
  if (!existsSync(file)) return { events: [], tape: Buffer.alloc(0) };
  const journal = openReader(file);
  try {
    const head = journal.head();
    const tape = Buffer.alloc(journal.tapeLength(head));
    journal.readTape(0 as TapePosition, tape.length, tape);
    return { events: journal.events(1 as Seq, head), tape };
  } finally {
    journal.close();
  }
}

/** Returns how many events must exist after power failed at a moment. */
function promiseOf(
  { calls, end }: Recorded,
  { events }: Content,
  durability: Durability,
  [, bytes]: Lines,
): (moment: number) => number {
  const { run } = events.at(-1) ?? { run: 0 };
  const said = durability === "power" ? /^(\d+)$/ : /^synced (\d+)$/;
  return (moment) => {
    if (moment === end) return events.length;
    const text = calls
      .flatMap((call) => (call.kind === "said" && call.begun <= moment ? [call.text] : []))
      .join("");
    const lines = text.split("\n").flatMap((line) => said.exec(line)?.[1] ?? []);
    const reached = Number(lines.at(-1) ?? 0) * bytes;
    if (reached === 0) return 0;
    return (
      events.find(
        (event) =>
          event.run === run && event.kind === "write" && event.offset + event.length >= reached,
      )?.seq ?? Number.NaN
    );
  };
}

function expectBeginning(file: string, truth: Content, least: number): void {
  expectWhole(file);
  const { events, tape } = contentOf(file);
  expect(events.length).toBeGreaterThanOrEqual(least);
  expect(events).toEqual(truth.events.slice(0, events.length));
  expect(tape.equals(truth.tape.subarray(0, tape.length))).toBe(true);
}
