import {
  type ChosenPlaces,
  type Event,
  type Ino,
  type Journal,
  type ReaderOptions,
  type Run,
  type RunNumber,
  type Seq,
  openReader,
  redactedWrites,
  pathsOf,
} from "../../journal/index.ts";
import { type Content, type File, type Inode, type Tree, inodeOf } from "../../src/fs/index.ts";
import {
  type Change,
  type ContentDiff,
  type DiffBudget,
  type History,
  type Mark,
  type ReadTape,
  type Save,
  type Blame,
  Processes,
  Saves,
  blame,
  blameContent,
  comparableTape,
  diffContent,
  isReadable,
  diffTrees,
  inodeNumberAt,
  latestMarks,
  lookup,
  openHistory,
  readRange,
  tapeOf,
} from "../../src/history/index.ts";
import type { RemoteJournal } from "../../src/fleet/client/index.ts";
import { eventPages } from "./event-pages.ts";
import { LineIndex } from "./line-index.ts";
import { type Memo, memo } from "./memo.ts";
import { type TreeNames, treeNames } from "./tree-names.ts";

/** The screen's view of a journal. Answers other than `head` never change, so they are remembered. */
export interface Recording {
  readonly file: string;
  /** The journal's place if it is in a depot; the file then holds only what was fetched, and is nobody's to change. */
  readonly elsewhere: RemoteJournal | undefined;
  readonly journal: Journal;
  readonly history: History;
  readonly readTape: ReadTape;
  /** Returns the last event as of the last `refresh`. */
  head(): Seq;
  /** Returns the first moment that is left: 0, or where a compacted journal begins. */
  first(): Seq;
  /** The processes that the runs tell of. */
  readonly processes: Processes;
  /** Tells if a process that is named so, or one that it started, did something. */
  readonly isBy: (event: Event, process: string) => boolean;
  /** Tells if bytes that an event wrote were removed since. */
  isRedacted(event: Event): boolean;
  /** Checks if the journal grew; returns true if it did. */
  refresh(): boolean;
  /** Undefined if there is none, or it is damaged. */
  event(seq: Seq): Event | undefined;
  /**
   * Returns when the event happened, in nanoseconds since the epoch; for 0 the time of the first event, or 0 in an
   * empty journal.
   */
  timeOf(seq: Seq): bigint;
  runs(): readonly Run[];
  /** Returns the run of an event, or the last one before it. */
  runAt(seq: Seq): Run | undefined;
  marks(): readonly Mark[];
  tree(seq: Seq): Tree;
  /** Tells how long the panels of a moment take. */
  nearness(seq: Seq): Nearness;
  /** Makes a state that is not near, which may take a second; "unprepared" if it would take many. */
  approach(seq: Seq): ReturnType<History["approach"]>;
  inodeAt(path: string, seq: Seq): Inode | undefined;
  /** Returns the changes at and below a path between two moments. */
  changes(from: Seq, to: Seq, path: string): readonly Change[];
  /** Tells if a file's bytes can be had: some were promised and never read. */
  isReadable(inode: Inode): boolean;
  contentDiff(before: Inode | undefined, after: Inode | undefined, key: string): ContentDiff;
  /** The saves of each file. */
  readonly saves: Saves;
  /** Returns the writers of a file: by lines or bytes, through saves that left them alone, or by single events. */
  blame(inode: Inode, seq: Seq, by: BlameBy): Blame;
  bytes(inode: Inode, start: number, end: number): Uint8Array;
  /** The lines of a file's content, which are read on beside the screen. */
  lines(file: File): LineIndex;
  /** Sorted names of directories, updated from one moment to the next. */
  readonly names: TreeNames;
  /** Places of the journal whose paths match a search. */
  readonly matching: Memo<ChosenPlaces>;
  /** Values that are costly to build and depend only on their key. */
  readonly built: Memo<unknown>;
  close(): void;
}

/**
 * A moment at hand is shown at once. For a near one the screen is drawn twice, as states and the index of a long journal
 * are looked up for it, which takes some frames. For a far one events are replayed, too.
 */
export type Nearness = "at hand" | "near" | "far";

export type BlameBy = "lines" | "bytes" | "events";

/** Number of events that can be applied in the time of a few frames. */
const nearby = 2_048;
/** Number of events that are applied, or looked up, within a frame. */
const adjoining = 64;
/** The index of a shorter journal has so few parts that every near moment is at hand. */
const longEvents = 65_536;

/** A journal of a depot, which is fetched as it is read: how it is opened here, and in a thread. */
export interface Elsewhere {
  readonly open: () => Journal;
  readonly place: RemoteJournal;
}

/** Opens a journal to be looked at. Throws JournalError. */
export function openRecording(
  file: string,
  onLeft: ReaderOptions["onLeft"] = () => {},
  elsewhere?: Elsewhere,
): Recording {
  const journal = elsewhere?.open() ?? openReader(file, { onLeft });
  const readTape = tapeOf(journal);
  const changes = memo<readonly Change[]>(32);
  const diffs = memo<ContentDiff>(32);
  const blames = memo<Blame>(16);
  const lines = new WeakMap<Content, LineIndex>();
  const saves = new Saves(journal);
  const processes = new Processes(journal);
  let version = journal.version();
  let head = journal.head();
  let base = journal.base();
  const beginning = () => base?.seq ?? (0 as Seq);
  const history = openHistory(journal);
  let runs: readonly Run[] | undefined;
  let marks: readonly Mark[] | undefined;
  /** The states of a frame: the history asks SQLite for its head each time. */
  const trees = memo<Tree>(mostTrees);

  const event = eventPages(journal, () => head);

  // Folded events have left only one state.
  const left = (seq: Seq) => Math.max(seq, beginning()) as Seq;
  const treeAt = (seq: Seq) => trees.get(String(left(seq)), () => history.at(left(seq)));
  const allRuns = () => (runs ??= journal.runs());

  return {
    file,
    elsewhere: elsewhere?.place,
    journal,
    history,
    head: () => head,
    first: beginning,
    processes,
    isBy: (event, wanted) => {
      const process = processes.by(event);
      return process !== undefined && processes.matches(process, wanted);
    },
    isRedacted: redactedWrites(journal),
    refresh() {
      const now = journal.version();
      if (now === version) return false;
      version = now;
      const next = journal.head();
      base = journal.base();
      runs = undefined;
      marks = undefined;
      trees.clear();
      const grew = next !== head;
      head = next;
      return grew;
    },
    event,
    timeOf: (seq) => event(Math.max(1, seq) as Seq)?.time ?? base?.time ?? 0n,
    runs: allRuns,
    runAt: (seq) => runOf(allRuns(), seq, event(seq)?.run),
    marks: () => (marks ??= latestMarks(journal)),
    readTape,
    tree: treeAt,
    nearness(seq) {
      if (history.distance(left(seq)) > nearby) return "far";
      return head < longEvents || history.steps(left(seq)) <= adjoining ? "at hand" : "near";
    },
    approach: (seq) => history.approach(left(seq)),
    inodeAt: (path, seq) => lookup(treeAt(seq), path),
    changes: (from, to, path) =>
      changes.get(`${from} ${to} ${path}`, () =>
        diffTrees(treeAt(from), treeAt(to), {
          readTape: comparableTape(journal),
          ...(path === "/" ? {} : { paths: [path] }),
        }),
      ),
    contentDiff: (before, after, key) =>
      diffs.get(key, () => diffContent(before, after, readTape, screenBudget)),
    saves,
    blame: (inode, seq, by) =>
      blames.get(`${inode.ino} ${seq} ${by}`, () => {
        if (inode.type !== "file") return { spans: [], isCut: false };
        return by === "events"
          ? { spans: blame(journal, inode, left(seq)), isCut: false }
          : blameContent(saves, inode, left(seq), { by });
      }),
    isReadable: (inode) => inode.type !== "file" || isReadable(inode.content, readTape),
    bytes: (inode, start, end) =>
      inode.type === "file" ? readRange(inode, readTape, start, end) : new Uint8Array(0),
    lines: (file) => {
      const known = lines.get(file.content);
      if (known !== undefined) return known;
      const read = (start: number, end: number) => readRange(file, readTape, start, end);
      const index = new LineIndex(file.content.size, read);
      lines.set(file.content, index);
      return index;
    },
    names: treeNames(),
    matching: memo<ChosenPlaces>(4),
    built: memo<unknown>(64),
    close: () => journal.close(),
  };
}

/** A frame shows a moment, the one before it, and a pin, and frames of the next four keys are prepared. */
const mostTrees = 15;

/** Limits the comparison by lines between two keys. */
const screenBudget: Partial<DiffBudget> = { bytes: 4 * 1024 * 1024, lines: 100_000 };

function runOf(runs: readonly Run[], seq: Seq, run: RunNumber | undefined): Run | undefined {
  return (
    runs.find((one) => one.run === run && run !== 0) ?? runs.findLast((one) => one.first <= seq)
  );
}

/** Direction from a moment: after it, before it, or before it including its own event. */
export type Way = "after" | "before" | "up to";

/** Returns the nearest event that touched the entry at a path at a moment, or the last one there, under any name. */
export function touching(recording: Recording, path: string, at: Seq, way: Way): Seq | undefined {
  if (way === "up to" && names(recording.event(at), path)) return at;
  const bounds =
    way === "after"
      ? { first: (at + 1) as Seq }
      : { last: (way === "before" ? at - 1 : at) as Seq, order: "reverse" as const };
  const ino = inodeNumberAt(recording.journal, recording.tree(at), at, path);
  const found = [
    first(recording, { paths: [path], ...bounds }),
    ...(ino === undefined ? [] : [first(recording, { ino, ...bounds })]),
  ].filter((one) => one !== undefined);
  if (found.length === 0) return undefined;
  return (way === "after" ? Math.min(...found) : Math.max(...found)) as Seq;
}

function names(event: Event | undefined, path: string): boolean {
  return event !== undefined && "ino" in event && pathsOf(event).includes(path);
}

function first(recording: Recording, query: Parameters<Journal["query"]>[0]): Seq | undefined {
  for (const event of recording.journal.query(query)) return event.seq;
  return undefined;
}

/** A save of more events is not shown as one: its start would take a while to reach. */
const mostOfSave = 100_000;

/** Returns the save that contains an event, in this file or in one that replaced it; undefined if none does. */
export function saveAround(recording: Recording, seq: Seq): Save | undefined {
  const event = recording.event(seq);
  if (event === undefined || !("ino" in event)) return undefined;
  const { saves } = recording;
  const head = recording.head();
  const save = saves.around(event.ino, seq, head) ?? saves.replacing(event.ino, event, head);
  return save !== undefined && save.last - save.first <= mostOfSave ? save : undefined;
}

/** Returns the file that had this number at a moment. */
export function inodeNumbered(recording: Recording, ino: Ino, seq: Seq): Inode | undefined {
  return inodeOf(recording.tree(seq), ino);
}
