import type { Event, Kind, Seq } from "../../journal/index.ts";
import { type Content, extentsOf } from "../../src/fs/index.ts";
import type { Breakpoint } from "./breakpoint.ts";
import { type Recording, inodeNumbered } from "../recording/recording.ts";

type Bytes = Extract<Breakpoint, { kind: "bytes" }>;

const changing: ReadonlySet<Kind> = new Set(["write", "set-size", "revert"]);
const cutting: ReadonlySet<Kind> = new Set(["set-size", "revert"]);

/** Returns the first event after `from`, up to `bound`, that changes the bytes. */
export function nextChange(
  recording: Recording,
  bytes: Bytes,
  from: Seq,
  bound: Seq,
): Seq | undefined {
  const range = { first: (from + 1) as Seq, last: bound };
  for (const event of recording.journal.query({ ino: bytes.ino, kinds: changing, ...range }))
    if (changes(recording, bytes, event)) return event.seq;
  return undefined;
}

/**
 * Returns the last event before `from` that changed the bytes. The tape tells who wrote the bytes, without reading
 * every write to the file; only cuts and reverts since are checked one by one.
 */
export function lastChange(recording: Recording, bytes: Bytes, from: Seq): Seq | undefined {
  const before = Math.max(0, from - 1) as Seq;
  const content = contentAt(recording, bytes, before);
  const written = content === undefined ? 0 : lastWriter(recording, bytes, content);
  const range = { first: (written + 1) as Seq, last: before, order: "reverse" as const };
  const kinds = content === undefined ? changing : cutting;
  for (const event of recording.journal.query({ ino: bytes.ino, kinds, ...range }))
    if (changes(recording, bytes, event)) return event.seq;
  return written === 0 ? undefined : (written as Seq);
}

function lastWriter({ journal }: Recording, { start, end }: Bytes, content: Content): number {
  let last = 0;
  for (const { length, tape } of extentsOf(content, start, end)) {
    if (tape === "hole") continue;
    // An extent can hold the bytes of several writes one after the other.
    for (let at = 0; at < length;) {
      const event = journal.writer((tape + at) as typeof tape);
      if (event?.kind !== "write") break;
      last = Math.max(last, event.seq);
      at = event.tape + event.length - tape;
    }
  }
  return last;
}

function changes(recording: Recording, bytes: Bytes, event: Event): boolean {
  const { start, end } = bytes;
  if (event.kind === "write") return event.offset < end && event.offset + event.length > start;
  const before = contentAt(recording, bytes, (event.seq - 1) as Seq);
  if (event.kind === "set-size") {
    const size = before?.size ?? 0;
    return Math.min(size, event.size) < end && Math.max(size, event.size) > start;
  }
  const after = contentAt(recording, bytes, event.seq);
  return placesOf(before, bytes) !== placesOf(after, bytes);
}

/** Returns the bytes' places on the tape, as text to compare. */
function placesOf(content: Content | undefined, { start, end }: Bytes): string {
  if (content === undefined) return "";
  return [...extentsOf(content, start, end)]
    .map(({ offset, length, tape }) => `${offset} ${length} ${tape}`)
    .join();
}

function contentAt(recording: Recording, { ino }: Bytes, seq: Seq): Content | undefined {
  const inode = inodeNumbered(recording, ino, seq);
  return inode?.type === "file" ? inode.content : undefined;
}
