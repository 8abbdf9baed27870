import { ByteReader, ByteWriter, MalformedError } from "../format/bytes.ts";
import { packPart, unpackPart } from "./parts.ts";
import { Room } from "./room.ts";
import { type PartPlace, readList, readPlace, writePlace } from "./view.ts";

/** Tells where the parts of a journal are that a view leaves out. */
export interface Directory {
  /** The frames of all packs, in order. */
  readonly frames: readonly FramePlace[];
  /** For each pack the SHA-256 of each of its pieces of the tape. */
  readonly tapeDigests: readonly PartPlace[];
  /** The written parts of the index. */
  readonly postings: readonly PostingPlace[];
  /** Rows of `place`: `placesTogether` in each part, fewer in the last. */
  readonly places: readonly PartPlace[];
  readonly lastPlace: number;
  /** The events that replaced an inode: parts of (ino, seq), flat. */
  readonly replacements: readonly PartPlace[];
  /** The events that tell of processes, each behind its length, as events stand in a pack. */
  readonly processes: readonly PartPlace[];
  /** The stored snapshots, in the order of the view's. */
  readonly snapshots: readonly PartPlace[];
  /** Pages of full snapshots by their digest, 32 hex digits. */
  readonly pages: ReadonlyMap<string, PagePlace>;
}

/** Facts of a frame of events that its pack's head lacks. */
export interface FramePlace {
  /** The time of its last event, in nanoseconds since the epoch, and the length of the tape after it. */
  readonly time: bigint;
  readonly tapeEnd: number;
  /** The numbers of its places: for each event its own, or 0, and for one that moves something a second one. */
  readonly numbers: PartPlace;
}

export interface PostingPlace {
  readonly list: number;
  readonly part: number;
  readonly place: PartPlace;
}

/** A page, whose digest is that of its bytes. */
export type PagePlace = Omit<PartPlace, "digest">;

const partBytes = 35;
const pageDigestBytes = 16;
/** Bytes of memory that an entry of a list takes about. */
const entryMemory = 300;

/** Returns the bytes of a directory. */
export function encodeDirectory(directory: Directory): Buffer {
  const to = new ByteWriter();
  const places = (list: readonly PartPlace[]) => {
    to.varint(list.length);
    for (const place of list) writePlace(to, place);
  };
  to.varint(directory.frames.length);
  for (const { time, tapeEnd, numbers } of directory.frames) {
    to.u64(time);
    to.varint(tapeEnd);
    writePlace(to, numbers);
  }
  places(directory.tapeDigests);
  to.varint(directory.postings.length);
  for (const { list, part, place } of directory.postings) {
    to.varint(list);
    to.varint(part);
    writePlace(to, place);
  }
  places(directory.places);
  to.varint(directory.lastPlace);
  places(directory.replacements);
  places(directory.processes);
  places(directory.snapshots);
  to.varint(directory.pages.size);
  for (const [digest, { object, start, length }] of directory.pages) {
    to.bytes(Buffer.from(digest, "hex"));
    to.varint(object);
    to.varint(start);
    to.varint(length);
  }
  return packPart(to.buffer.subarray(0, to.at));
}

/** Reads a directory. Throws MalformedError. */
export function decodeDirectory(bytes: Buffer): Directory {
  const from = new ByteReader(unpackPart(bytes));
  const room = new Room();
  const entry = (least: number) => ({ least, memory: entryMemory, room });
  const places = () => readList(from, entry(partBytes), () => readPlace(from));
  const frames = readList(from, entry(partBytes + 9), () => {
    const [time, tapeEnd] = [from.u64(), from.varint()];
    return { time, tapeEnd, numbers: readPlace(from) };
  });
  const tapeDigests = places();
  const postings = readList(from, entry(partBytes + 2), () => {
    const [list, part] = [from.varint(), from.varint()];
    return { list, part, place: readPlace(from) };
  });
  const rows = places();
  const lastPlace = from.varint();
  const replacements = places();
  const processes = places();
  const snapshots = places();
  const pages = readList(from, entry(pageDigestBytes + 3), () => {
    const digest = from.bytes(pageDigestBytes).toString("hex");
    return [
      digest,
      { object: from.varint(), start: from.varint(), length: from.varint() },
    ] as const;
  });
  if (from.at !== from.end) throw new MalformedError("a directory is longer than it need be");
  return {
    frames,
    tapeDigests,
    postings,
    places: rows,
    lastPlace,
    replacements,
    processes,
    snapshots,
    pages: new Map(pages),
  };
}
