import {
  type BaseState,
  type Journal,
  type Seq,
  type UsedSpan,
  basePageDigest,
  pieceAt,
  promisedFrom,
} from "../../../journal/index.ts";
import { type MutableTree, type Tree, entriesOf, extentsOf, xattrsOf } from "../../fs/index.ts";
import { writeBase } from "../base/write.ts";
import { replayAll } from "./events.ts";

/**
 * Encodes the state just after an event for a compaction, and lists the bytes of the tape that it and later events
 * need.
 */
export function baseState(journal: Journal, seq: Seq): BaseState {
  // Makes it from the events, because stored snapshots are only a cache, and the base will be the truth.
  return baseStateOf(journal, seq, replayAll(journal, seq));
}

/** Encodes a state that is at hand, as a plain tree of its own. */
export function baseStateOf(journal: Journal, seq: Seq, tree: MutableTree): BaseState {
  const tapeLength = journal.tapeLength(seq);
  const time = journal.event(seq)?.time ?? journal.base()?.time ?? 0n;
  const pages: Uint8Array[] = [];
  const bytes = writeBase({ seq, time, tapeLength, tree }, (page) => {
    pages.push(page);
    return basePageDigest(page);
  });
  return { bytes, pages, used: usedSpans(journal, tree, seq) };
}

function* usedSpans(journal: Journal, tree: Tree, seq: Seq): Generator<UsedSpan> {
  for (const [, inode] of entriesOf(tree.inodes)) {
    for (const [, { tape, length }] of xattrsOf(inode) ?? [])
      if (length > 0) yield { start: tape, length, ino: inode.ino };
    if (inode.type !== "file") continue;
    for (const { length, tape } of extentsOf(inode.content))
      if (tape !== "hole") yield* spansOf(journal, tape, length, inode.ino);
  }
  const listings = journal.query({ last: seq, kinds: new Set(["listing"]) });
  for (const event of listings)
    if (event.kind === "listing") yield { start: event.tape, length: event.length, ino: event.ino };
  const first = (seq + 1) as Seq;
  for (const event of journal.query({ first, kinds: new Set(["revert", "revert-xattr"]) })) {
    if (event.kind === "revert-xattr" && event.length > 0)
      yield { start: event.source, length: event.length, ino: event.ino };
    if (event.kind !== "revert") continue;
    for (const { length, tape } of event.extents)
      if (tape !== "hole") yield* spansOf(journal, tape, length, event.ino);
  }
}

/** Yields where bytes stand; of promised ones, the whole pieces that were fetched. */
function* spansOf(
  journal: Journal,
  tape: number,
  length: number,
  ino: number,
): Generator<UsedSpan> {
  if (tape < promisedFrom) return yield { start: tape, length, ino };
  for (let at = tape; at < tape + length;) {
    const fetched = journal.fetched?.(at);
    const file = fetched === undefined ? journal.promised?.(at) : undefined;
    if (fetched !== undefined) yield { start: fetched.tape, length: fetched.length, ino };
    else if (file === undefined) return;
    const piece = fetched ?? (file === undefined ? undefined : pieceAt(file, at));
    at = piece === undefined ? tape + length : piece.start + piece.length;
  }
}
