import {
  compact,
  type Event,
  type Ino,
  type Journal,
  lastCommit,
  openReader,
  type Seq,
} from "../../journal/index.ts";
import {
  baseState,
  blame,
  diffTrees,
  fileHistory,
  grep,
  grepHistory,
  type History,
  lookup,
  planUndo,
  readRange,
  resolveRevision,
  SnapshotWriter,
  tapeOf,
  undoStack,
  walk,
  whereabouts,
} from "../../src/history/index.ts";
import { entriesOf, type Inode, type Tree } from "../../src/fs/index.ts";
import { fullDump } from "./dump/full-dump.ts";
import type { Step } from "./model/mutations.ts";
import { changeAsRun, openRecording } from "./recording.ts";

/** Records more events than a part of the index has, on more inodes than a page of a snapshot. */
export function recordMany(path: string): void {
  const { journal, recorder } = openRecording(path);
  recorder.run("many", [], () => {
    recorder.mkdir("/d");
    recorder.mkdir("/moved");
    for (let number = 0; number < 4_500; number += 1) recorder.write(`/d/${number}`, `${number}`);
    for (let turn = 0; turn < 8_000; turn += 1)
      recorder.write(`/d/${turn % 100}`, new Uint8Array(200).fill(turn), turn % 7);
    for (let number = 0; number < 200; number += 1)
      recorder.rename(`/d/${number}`, `/moved/${number % 150}`);
  });
  journal.commit();
  new SnapshotWriter(journal).advance();
  journal.close();
}

/** Records these runs, a mark and an open run, with stored snapshots. */
export function recordRuns(
  path: string,
  runs: readonly (readonly Step[])[],
  { leastEvents, isCompacted }: { readonly leastEvents: number; readonly isCompacted: boolean },
): void {
  const { fs, journal, recorder } = openRecording(path);
  for (const changes of runs) {
    changeAsRun(fs, changes);
    journal.commit();
  }
  recorder.mark("there");
  recorder.run("text", [], () => recorder.write("/text", "one\ntwo\n"));
  journal.commit();
  fs.begin({ cause: "guest", guest: "open", args: [], environment: [], digest: "" });
  recorder.write("/text", "three\n", 4);
  recorder.refuse("open-at", "/../out");
  journal.commit();
  journal.close();
  if (isCompacted) {
    const choose = (folded: Journal) => lastCommit(folded, (folded.head() - 2) as Seq);
    compact(path, { what: "most", choose, stateAt: baseState, now: () => 2_000_000_000_000n });
  }
  const reader = openReader(path);
  new SnapshotWriter(reader, { leastEvents, mostIncrements: 4 }).advance();
  reader.close();
}

export type Question = readonly [name: string, ask: (history: History) => unknown];

/** Returns what can be asked of a journal and its past, at moments, paths and inodes that it has. */
export function questionsOf(journal: Journal, pick: number): Question[] {
  const [first, head] = [journal.base()?.seq ?? 0, journal.head()];
  const seq = (first + (pick % (head - first + 1))) as Seq;
  const [low, high] = [Math.max(1, seq - 5), Math.min(head, seq + 5)];
  const paths = [...journal.paths()];
  const path = paths[pick % paths.length] ?? "/";
  const ino = 1 + (pick % 12);
  const tape = journal.tapeLength(head);
  const at = journal.event(seq)?.time ?? 0n;
  const ofJournal: readonly (readonly [string, (asked: Journal) => unknown])[] = [
    ["identity", (it) => [it.id, it.head(), it.digest(), it.base(), it.tapeLength(seq)]],
    ["event", (it) => it.event(seq)],
    ["events", (it) => it.events(low, high)],
    ["all events", (it) => it.events(1, head)],
    ["scan", (it) => [...it.query({})]],
    ["scan back", (it) => [...it.query({ first: low, last: high, order: "reverse" })]],
    ["scan back for some", (it) => taken(it.query({ order: "reverse" }), 3)],
    ["run", (it) => [...it.query({ run: 2 })]],
    ["kinds", (it) => [...it.query({ kinds: new Set(["write", "mark"]) })]],
    ["controls", (it) => [...it.query({ kinds: new Set(["mark", "run-end"]) })]],
    ["inode", (it) => [...it.query({ ino })]],
    ["inode back", (it) => [...it.query({ ino, last: high, order: "reverse" })]],
    ["path", (it) => [...it.query({ paths: [path, "/text"] })]],
    ["path back", (it) => taken(it.query({ paths: [path], order: "reverse" }), 2)],
    ["paths", (it) => [...it.paths()]],
    ["seqs", (it) => it.seqs?.({ first: low, last: high, kinds: new Set(["write", "mark"]) })],
    ["seqs on places", (it) => seqsOn(it, path.slice(0, 3))],
    ["runs", (it) => [it.runs(), it.run(2), it.marks(), it.mark("there")]],
    ["time", (it) => [at - 1n, at, at + 1n].map((time) => it.seqAtTime(time))],
    ["writer", (it) => [0, Math.floor(tape / 2), tape - 1, tape].map((one) => it.writer(one))],
    ["tape", (it) => bytesOf(it, Math.min(pick * 100, tape), tape)],
    ["spans", (it) => [it.retained(0, tape), it.retained(pick, pick + 1), it.redacted(0, tape)]],
  ];
  const ofHistory: readonly Question[] = [
    ["state", (it) => fullDump(it.at(seq))],
    ["last state", (it) => fullDump(it.at(head))],
    ["listing", (it) => listing(it.at(head))],
    ["contents", (it) => filesAt(it, seq).map((one) => readRange(one, tapeOf(it.journal)))],
    [
      "diff",
      (it) =>
        diffTrees(it.at(first as Seq), it.at(seq)).map(({ change, path: on }) => [change, on]),
    ],
    ["blame", (it) => filesAt(it, head).map((one) => blame(it.journal, one, head))],
    ["grep", (it) => [...grep(it.at(head), "/", /o|[A-Z]/, tapeOf(it.journal))]],
    ["grep history", (it) => [...grepHistory(it.journal, "/text", "t")]],
    ["file history", (it) => [...fileHistory(it.journal, ino as Ino)]],
    ["whereabouts", (it) => whereabouts(it, path, seq)],
    [
      "revisions",
      (it) => ["@-1", "run:-1^", "mark:there"].map((one) => resolveRevision(it.journal, one, at)),
    ],
    ["undo stack", (it) => undoStack(it.journal)],
    ["undo", (it) => planUndo(it, head).changes],
  ];
  return [
    ...ofJournal.map(([name, ask]): Question => [name, (it) => ask(it.journal)]),
    ...ofHistory,
  ];
}

export function listing(tree: Tree): string[] {
  const root = lookup(tree, "/");
  return root === undefined ? [] : [...walk(tree, root, "/")].map(({ path }) => path);
}

export function taken(events: Iterable<Event>, most: number): Event[] {
  const found: Event[] = [];
  for (const event of events) {
    found.push(event);
    if (found.length === most) break;
  }
  return found;
}

function seqsOn(journal: Journal, text: string): unknown {
  const work = journal.choosePlaces?.((path) => path.includes(text));
  for (let step = work?.next(); step !== undefined; step = work?.next())
    if (step.done === true) return journal.seqs?.({ first: 1, last: 1e6, places: step.value });
  return undefined;
}

export function bytesOf(journal: Journal, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  if (journal.base() === undefined) journal.readTape(start, bytes.length, bytes);
  return bytes;
}

function filesAt(history: History, seq: Seq) {
  return [...entriesOf<Inode>(history.at(seq).inodes)].flatMap(([, inode]) =>
    inode.type === "file" ? [inode] : [],
  );
}
