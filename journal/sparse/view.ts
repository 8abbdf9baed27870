import { ByteReader, ByteWriter, MalformedError } from "../format/bytes.ts";
import type { Seq } from "../format/event.ts";
import { decodePackHead, type PackHead } from "../pack/pack.ts";
import { packPart, unpackPart } from "./parts.ts";
import { Room } from "./room.ts";

/**
 * A store's account of a journal for a reader who has none of it: enough to tell of its runs, and to find the rest. What
 * it says of the chain is checked when events are fetched; the rest is the store's word.
 */
export interface View {
  /** The journal's id, 32 hex digits, and its time of birth, in nanoseconds since the epoch. */
  readonly id: string;
  readonly created: string;
  /** The heads of its packs, in order, as bytes. */
  readonly packs: readonly Buffer[];
  /** Run-starts, run-ends, marks, listings and fetches, each behind its length, as events stand in a pack. */
  readonly controls: Buffer;
  /** The stored snapshots, by their seqs. */
  readonly snapshots: readonly { readonly seq: number; readonly base: number }[];
  /** The directory (`directory.ts`): where it is, or itself where it is short. */
  readonly directory: PartPlace | Buffer;
}

/** A part of a journal in one of a view's objects, and the SHA-256 of its bytes. */
export interface PartPlace {
  readonly object: number;
  readonly start: number;
  readonly length: number;
  readonly digest: Buffer;
}

/** A view that was read: its packs are those of one chain, without gaps. */
export interface DecodedView extends Omit<View, "packs"> {
  readonly packs: readonly PackHead[];
  /** The last event, and the chain's digest there. */
  readonly head: Seq;
  readonly digest: Buffer;
}

const version = 1;
const digestBytes = 32;
/** Bytes of memory that a thing of a view takes about. */
const memory = { pack: 1_500, commit: 250, redacted: 300, frame: 250, piece: 250, snapshot: 200 };
/** Most bytes of a view once it is unpacked. */
const mostViewBytes = 256 * 1024 * 1024;

/** Returns the bytes of a view. */
export function encodeView(view: View): Buffer {
  const to = new ByteWriter();
  to.byte(version);
  to.bytes(Buffer.from(view.id, "hex"));
  to.text(view.created);
  to.varint(view.packs.length);
  for (const head of view.packs) writeBytes(to, head);
  writeBytes(to, view.controls);
  to.varint(view.snapshots.length);
  let before = 0;
  for (const { seq, base } of view.snapshots) {
    to.varint(seq - before);
    to.varint(seq - base);
    before = seq;
  }
  if (Buffer.isBuffer(view.directory)) {
    to.byte(0);
    writeBytes(to, view.directory);
  } else {
    to.byte(1);
    writePlace(to, view.directory);
  }
  return packPart(to.buffer.subarray(0, to.at));
}

/** Reads a view, whose bytes are taken for hostile. Throws MalformedError. */
export function decodeView(bytes: Buffer): DecodedView {
  const from = new ByteReader(unpackPart(bytes, mostViewBytes));
  if (from.byte() !== version) throw new MalformedError("a view of a version that is not known");
  const id = from.bytes(16).toString("hex");
  const created = from.text();
  const room = new Room();
  const packs = readList(from, { least: 100, room, memory: memory.pack }, () => {
    const pack = decodePackHead(readBytes(from));
    room.take(pack.commits.length, memory.commit);
    room.take(pack.redacted.length, memory.redacted);
    room.take(pack.frames.length, memory.frame);
    room.take(pack.pieces.length, memory.piece);
    return pack;
  });
  let before: PackHead | undefined;
  for (const pack of packs) {
    const commit = before?.commits.at(-1);
    if (
      pack.id !== id ||
      pack.created !== created ||
      pack.first !== (before?.last ?? 0) + 1 ||
      pack.tape !== (before?.tapeEnd ?? 0) ||
      pack.commits.at(-1)?.seq !== pack.last ||
      (commit !== undefined && !commit.digest.equals(pack.before))
    )
      throw new MalformedError(`the pack from event ${pack.first} on does not follow`);
    before = pack;
  }
  const last = before?.commits.at(-1);
  if (last === undefined) throw new MalformedError("a view without events");
  const controls = readBytes(from);
  let seq = 0;
  const snapshots = readList(from, { least: 2, room, memory: memory.snapshot }, () => {
    const before = seq;
    seq += from.varint();
    const base = seq - from.varint();
    if (base < 0 || seq <= before || seq > last.seq)
      throw new MalformedError("a snapshot of no event");
    return { seq, base };
  });
  const directory = from.byte() === 0 ? readBytes(from) : readPlace(from);
  if (from.at !== from.end) throw new MalformedError("a view is longer than it need be");
  const { seq: head, digest } = last;
  return { id, created, packs, controls, snapshots, directory, head, digest };
}

export function writePlace(to: ByteWriter, { object, start, length, digest }: PartPlace): void {
  to.varint(object);
  to.varint(start);
  to.varint(length);
  to.bytes(digest);
}

export function readPlace(from: ByteReader): PartPlace {
  const [object, start, length] = [from.varint(), from.varint(), from.varint()];
  return { object, start, length, digest: from.bytes(digestBytes) };
}

function writeBytes(to: ByteWriter, bytes: Uint8Array): void {
  to.varint(bytes.length);
  to.bytes(bytes);
}

function readBytes(from: ByteReader): Buffer {
  return from.bytes(from.varint());
}

/** The bytes of an entry of a list: the fewest that it has, and those that it takes in memory about. */
interface ListEntry {
  readonly least: number;
  readonly memory: number;
  readonly room: Room;
}

/** Reads a list: its length is held against the bytes that there are, and the room for it, before it takes memory. */
export function readList<T>(
  from: ByteReader,
  { least, memory: each, room }: ListEntry,
  read: () => T,
): T[] {
  const count = from.varint();
  if (count * least > from.end - from.at)
    throw new MalformedError("a list is longer than its part");
  room.take(count, each);
  return Array.from({ length: count }, read);
}
