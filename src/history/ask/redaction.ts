import {
  type Event,
  type Ino,
  type Journal,
  type Kind,
  type Seq,
  type TapeSpan,
  movesOf,
  pieceBytes,
  promisedFrom,
  rootIno,
} from "../../../journal/index.ts";
import {
  type File,
  type Tree,
  apply,
  entriesIn,
  extentsOf,
  inodeOf,
  pathOf,
  xattrsOf,
} from "../../fs/index.ts";
import type { ByteRange } from "../diff/changed-bytes.ts";
import { beginning, baseSeq } from "../snapshots/beginning.ts";
import { isAtOrBelow } from "../diff/diff.ts";
import { ListedFiles } from "../snapshots/listed-files.ts";
import { eventsTo } from "../snapshots/events.ts";
import { tapeOf } from "../snapshots/read-tape.ts";
import { eventsOnAny } from "../view/inode-events.ts";
import { entryAt, normalize } from "../diff/subtree.ts";

/**
 * The subject of a redaction: everything that was ever written to files which were ever at or below a path, or the
 * writes in a range of events.
 */
export type RedactionSubject =
  | { readonly path: string }
  | { readonly first: number; readonly last: number };

/** The writes to one path that a redaction would empty. */
export interface RedactionTarget {
  readonly path: string;
  readonly writes: number;
  readonly bytes: number;
  /** Seqs of the first and the last of these writes. */
  readonly first: Seq;
  readonly last: Seq;
}

/** A redaction that is planned and not carried out. */
export interface RedactionPlan {
  /** Sorted by the first write. Another or earlier name of the same file counts as a path of its own. */
  readonly targets: readonly RedactionTarget[];
  readonly spans: readonly TapeSpan[];
  /** The number of writes that are redacted already, and stay as they are. */
  readonly already: number;
}

/** Plans the bytes that a redaction removes. */
export function planRedaction(journal: Journal, subject: RedactionSubject): RedactionPlan {
  const targets = new Map<string, RedactionTarget>();
  const spans: TapeSpan[] = [];
  const seen = new Set<number>();
  let already = 0;
  for (const { seq, path, start, length } of piecesOf(journal, subject)) {
    if (seen.has(start)) continue;
    seen.add(start);
    if (journal.redacted(start, start + 1).length > 0) {
      already += 1;
      continue;
    }
    const { writes, bytes, first } = targets.get(path) ?? { writes: 0, bytes: 0, first: seq };
    targets.set(path, { path, writes: writes + 1, bytes: bytes + length, first, last: seq });
    spans.push({ start, length });
  }
  const inOrder = [...targets.values()].sort((one, other) => one.first - other.first);
  return { targets: inOrder, spans, already };
}

/** Returns the ranges of a file, from `start` to `end`, whose bytes were redacted; neighbours are joined. */
export function redactedRanges(
  journal: Pick<Journal, "redacted">,
  file: File,
  start = 0,
  end = file.content.size,
): ByteRange[] {
  const ranges: { start: number; end: number }[] = [];
  for (const { offset, length, tape } of extentsOf(file.content, start, end)) {
    if (tape === "hole") continue;
    for (const span of journal.redacted(tape, tape + length)) {
      const from = offset + Math.max(span.start - tape, 0);
      const stop = offset + Math.min(span.start + span.length - tape, length);
      const last = ranges.at(-1);
      if (last?.end === from) last.end = stop;
      else ranges.push({ start: from, end: stop });
    }
  }
  return ranges;
}

/** The unit of removal: a write, or a retained span. */
interface Piece extends TapeSpan {
  readonly path: string;
  /** The event that wrote it; for a retained span the last folded event. */
  readonly seq: Seq;
}

function* piecesOf(journal: Journal, subject: RedactionSubject): Generator<Piece> {
  if ("first" in subject) {
    const first = Math.max(subject.first, baseSeq(journal) + 1) as Seq;
    const { last } = subject;
    for (const event of journal.query({
      first,
      last,
      kinds: new Set(["write", "fetch", "set-xattr"]),
    }))
      yield* piecesIn(journal, event);
    return;
  }
  const inos = inosEverAt(journal, normalize(subject.path));
  yield* piecesInBase(journal, inos);
  yield* piecesFetched(journal, inos);
  const kinds: ReadonlySet<Kind> = new Set(["write", "revert", "set-xattr", "revert-xattr"]);
  for (const [, event] of eventsOnAny(journal, inos, { kinds })) yield* piecesIn(journal, event);
}

/** Yields a write itself; for a revert, the writes that its bytes come from. */
function* piecesIn(journal: Journal, event: Event): Generator<Piece> {
  if (event.kind === "write" || event.kind === "fetch") yield pieceOf(event);
  // An empty value has no bytes to remove.
  if (event.kind === "set-xattr" && event.length > 0) yield pieceOf(event);
  if (event.kind !== "revert" && event.kind !== "revert-xattr") return;
  const { path } = event;
  const seq = baseSeq(journal);
  const places =
    event.kind === "revert" ? event.extents : [{ tape: event.source, length: event.length }];
  for (const { tape, length } of places) {
    if (tape === "hole" || tape >= promisedFrom) continue;
    for (const span of journal.retained(tape, tape + length)) yield { ...span, seq, path };
    for (let at = Math.max(tape, journal.base()?.tape ?? 0); at < tape + length;) {
      const write = journal.writer(at as typeof tape);
      if (write?.kind !== "write" && write?.kind !== "set-xattr") break;
      yield pieceOf(write);
      at = write.tape + write.length;
    }
  }
}

function pieceOf({
  seq,
  path,
  tape,
  length,
}: Event & { kind: "write" | "fetch" | "set-xattr" }): Piece {
  return { seq, path, start: tape, length };
}

/** Yields what was fetched of these inodes as they were listed, in this journal or in what was folded. */
function* piecesFetched(journal: Journal, inos: ReadonlySet<Ino>): Generator<Piece> {
  const { seq: folded = 0 as Seq, tape: end = 0 } = journal.base() ?? {};
  const fetches = [...journal.query({ kinds: new Set(["fetch"]) })];
  if (fetches.length === 0) return;
  const listed = new ListedFiles(journal);
  const byStart = new Map(
    fetches.flatMap((event) => (event.kind === "fetch" ? [[event.start as number, event]] : [])),
  );
  for (const ino of inos) {
    const file = listed.at(ino);
    if (file === undefined) continue;
    for (let offset = 0; offset < file.size; offset += pieceBytes) {
      const event = byStart.get(file.start + offset);
      if (event === undefined) continue;
      const { path, tape, length } = event;
      if (tape >= end) yield pieceOf(event);
      else
        for (const span of journal.retained(tape, tape + length))
          yield { ...span, seq: folded, path };
    }
  }
}

/** Yields the retained spans of these inodes. */
function* piecesInBase(journal: Journal, inos: ReadonlySet<Ino>): Generator<Piece> {
  const seq = baseSeq(journal);
  if (seq === 0) return;
  const tree = beginning(journal);
  for (const ino of inos) {
    const inode = inodeOf(tree, ino);
    if (inode === undefined) continue;
    const path = pathOf(tree, ino);
    for (const [, { tape, length }] of xattrsOf(inode) ?? [])
      for (const span of journal.retained(tape, tape + length)) yield { ...span, seq, path };
    if (inode.type !== "file") continue;
    for (const { tape, length } of extentsOf(inode.content)) {
      if (tape === "hole" || tape >= promisedFrom) continue;
      for (const span of journal.retained(tape, tape + length)) yield { ...span, seq, path };
    }
  }
}

/** Returns every inode that was ever at a path, or below an inode there. */
function inosEverAt(journal: Journal, path: string): Set<Ino> {
  const inos = new Set<Ino>();
  const tree = beginning(journal);
  addBelow(tree, inoAt(tree, path), inos);
  for (const event of eventsTo(journal, journal.head())) {
    apply(tree, event, tapeOf(journal));
    if (event.kind === "listing") addBelow(tree, inoAt(tree, path), inos);
    for (const made of placesMade(event)) {
      // A shortened path does not tell where it is.
      const isUnknown = made.path.startsWith("…");
      if (isAtOrBelow(made.path, path)) addBelow(tree, made.ino, inos);
      else if (isUnknown || (movesOf(event).length > 0 && isAtOrBelow(path, made.path)))
        addBelow(tree, inoAt(tree, path), inos);
    }
  }
  return inos;
}

/** Returns the inodes that appeared by an event, and their new paths. */
function placesMade(event: Event): readonly { readonly ino: Ino; readonly path: string }[] {
  const { kind } = event;
  const isNew = kind === "create" || kind === "mkdir" || kind === "mknod" || kind === "symlink";
  if (isNew || kind === "link") return [event];
  return movesOf(event).map(({ ino, to }) => ({ ino, path: to }));
}

function inoAt(tree: Tree, path: string): Ino | undefined {
  return path === "/" ? rootIno : entryAt(tree, path)?.ino;
}

function addBelow(tree: Tree, top: Ino | undefined, into: Set<Ino>): void {
  const rest = top === undefined ? [] : [top];
  for (let ino = rest.pop(); ino !== undefined; ino = rest.pop()) {
    into.add(ino);
    const inode = inodeOf(tree, ino);
    if (inode?.type !== "directory") continue;
    for (const [, child] of entriesIn(inode.entries)) rest.push(child);
  }
}
