import { MalformedError } from "../format/bytes.ts";
import type { TapePosition } from "../format/event.ts";
import type { TapeSpan } from "../format/redaction.ts";
import type { RowSource } from "../interface/row-source.ts";
import { unpackFrame } from "../pack/pack.ts";
import { openSparse, type SparseFile } from "./file.ts";
import { Known, type KnownPiece } from "./known.ts";
import {
  placesTogether,
  unpackNumbers,
  unpackPart,
  unpackPlaces,
  unpackPostings,
} from "./parts.ts";
import type { GivenView, RemoteStore } from "./store.ts";
import { type DecodedView, decodeView, type PartPlace } from "./view.ts";
import { checked, fetcher, packOf, partOf, rangeOf, requireDigest, type Wanted } from "./wanted.ts";

/** Most bytes that are fetched ahead of what is read one after another. */
const mostAhead = 8 * 1024 * 1024;
/** Most bytes of frames that come with the last snapshot. */
const mostBehind = 512 * 1024;
/**
 * Most bytes of pages that are likely asked for next and come together, at first: this, or less in a journal whose
 * `likelyShare` it is not. Each time that others are missed four times as much.
 */
const mostLikely = 1024 * 1024;
const leastLikely = 64 * 1024;
const likelyShare = 1 / 64;
/** Most numbers of replaced inodes and their events. */
const mostReplaced = 16 * 1024 * 1024;
/** Events before the one that is looked at that come with its snapshot: the last one before it is mostly that near. */
const eventsNear = 128;

/**
 * Opens the rows of a journal in a store: what a reader asks for is fetched, checked, and put into `file`, which holds
 * what was fetched before. Events are checked by the chain that the view tells; all else by the digests in its
 * directory. Throws JournalError.
 */
export function openRemoteRows(file: string, given: GivenView, store: RemoteStore): RowSource {
  let view = checked(file, () => viewOf(given));
  const sparse: SparseFile = checked(file, () => openSparse(file, view));
  let known: Known;
  try {
    known = take(view);
  } catch (error) {
    sparse.close();
    throw error;
  }
  let version = 1;
  const fetch = fetcher(file, store, sparse);

  function take(next: DecodedView): Known {
    checked(file, () => sparse.install(next));
    return new Known(next, (place) => partAt(place));
  }

  function partAt(place: PartPlace): Buffer {
    const found: Buffer[] = [];
    fetch([partOf(place, (part) => void found.push(part))]);
    return found[0] ?? Buffer.alloc(0);
  }

  /** Frames that are here: to count their rows takes time. */
  const here = new Set<number>();
  /** The frame after the last one that was fetched, and how many are fetched next if it is asked for. */
  let [nextFrame, ahead] = [-1, 1];

  function isHere(index: number): boolean {
    const frame = known.frames[index];
    if (frame === undefined || here.has(frame.first)) return true;
    const isThere = sparse.hasFrame(frame.first, frame.last);
    if (isThere) here.add(frame.first);
    return isThere;
  }

  /** Brings frames, by their numbers in order, and more of those that follow where they are read one after another. */
  function bringFrames(indexes: readonly number[]): void {
    const lacking = indexes.filter((index) => !isHere(index));
    const last = lacking.at(-1);
    if (last === undefined) return;
    ahead = lacking[0] === nextFrame ? Math.min(ahead * 2, 64) : 1;
    let bytes = 0;
    for (let index = last + 1; index < last + ahead && index < known.frames.length; index += 1) {
      bytes += known.frames[index]?.length ?? 0;
      if (bytes > mostAhead) break;
      if (!isHere(index)) lacking.push(index);
    }
    nextFrame = (lacking.at(-1) ?? last) + 1;
    fetch(lacking.map(wantedFrame));
    for (const index of lacking) here.add(known.frames[index]?.first ?? 0);
  }

  function wantedFrame(index: number): Wanted {
    const frame = known.frames[index];
    const place = known.directory().frames[index];
    if (frame === undefined || place === undefined) throw new RangeError(`no frame ${index}`);
    const { pack, start, length, first, last } = frame;
    return {
      ranges: [{ object: packOf(pack), start, length }, rangeOf(place.numbers)],
      put(events, numbers) {
        requireDigest(numbers, place.numbers.digest);
        sparse.putFrame({
          first,
          last,
          tape: known.directory().frames[index - 1]?.tapeEnd ?? 0,
          events: unpackFrame(events, frame),
          numbers: unpackNumbers(numbers, (last - first + 1) * 2),
        });
      },
    };
  }

  /** Returns the frames with events from which a state is made up to one, on the last snapshot before it. */
  function framesNear(wanted: ReadonlySet<number>, upTo: number | undefined): Wanted[] {
    const last = view.snapshots.at(-1)?.seq ?? 0;
    const end = upTo ?? (wanted.has(last) ? view.head : 0);
    const before = end >= last ? last : Math.max(0, end - eventsNear);
    if (end <= before) return [];
    const lacking = framesIn(before + 1, end).filter((index) => !isHere(index));
    const bytes = lacking.reduce((sum, index) => sum + (known.frames[index]?.length ?? 0), 0);
    return bytes > mostBehind ? [] : lacking.map(wantedFrame);
  }

  function framesIn(first: number, last: number): number[] {
    const low = known.frameOf(Math.max(first, 1));
    const high = known.frameOf(Math.min(last, view.head));
    return Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => low + index);
  }

  function events(first: number, last: number): void {
    if (last >= first && last >= 1 && first <= view.head) bringFrames(framesIn(first, last));
  }

  function bringPlaces(parts: Iterable<number>): void {
    const { places, lastPlace } = known.directory();
    const lacking = [...new Set(parts)].flatMap((part) => {
      const place = places[part];
      const [first, last] = [part * placesTogether + 1, (part + 1) * placesTogether];
      if (place === undefined || sparse.hasPlaces(first, Math.min(last, lastPlace))) return [];
      return [partOf(place, (bytes) => sparse.putPlaces(unpackPlaces(bytes)))];
    });
    fetch(lacking);
  }

  /** So many parts with events of processes are here. */
  let processParts = 0;

  /** Replaced inodes and the events that did it, likewise: in each part the one half, and then the other. */
  let replaced: Float64Array[] = [];

  function replacing(ino: number): readonly number[] {
    const { replacements } = known.directory();
    if (replaced.length !== replacements.length) {
      let room = mostReplaced;
      const fetched: Float64Array[] = [];
      fetch(
        replacements.map((place) =>
          partOf(place, (bytes) => {
            const numbers = Float64Array.from(unpackNumbers(bytes, room));
            room -= numbers.length;
            fetched.push(numbers);
          }),
        ),
      );
      replaced = fetched;
    }
    const seqs: number[] = [];
    for (const numbers of replaced) {
      const count = numbers.length / 2;
      for (let at = numbers.indexOf(ino); at >= 0 && at < count; at = numbers.indexOf(ino, at + 1))
        seqs.push(numbers[at + count] ?? 0);
    }
    return seqs;
  }

  function eventsAt(seqs: readonly number[]): void {
    const frames = new Set(
      seqs.filter((seq) => seq >= 1 && seq <= view.head).map((seq) => known.frameOf(seq)),
    );
    bringFrames([...frames].toSorted((one, other) => one - other));
  }

  /** The byte of the tape after the last that was fetched, and the bytes to fetch next if it is asked for. */
  let [nextByte, bytesAhead] = [-1, 0];

  function bringTape(spans: readonly TapeSpan[]): void {
    const lacking = lackingPieces(spans);
    const [first] = lacking;
    if (first === undefined) return;
    bytesAhead =
      first.piece.start === nextByte ? Math.min(bytesAhead * 2 + 1024 * 1024, mostAhead) : 0;
    const last = lacking.at(-1)?.piece ?? first.piece;
    const end = last.start + last.length;
    const pieces =
      bytesAhead === 0
        ? lacking
        : [...lacking, ...lackingPieces([{ start: end as TapePosition, length: bytesAhead }])];
    const next = pieces.at(-1)?.piece ?? last;
    nextByte = next.start + next.length;
    fetch([
      ...known.digestsOf(pieces).map(({ place, put }) => partOf(place, put)),
      ...pieces.map(({ pack, piece, index }): Wanted => ({
        ranges: [{ object: packOf(pack), start: piece.at, length: piece.stored }],
        put(bytes) {
          requireDigest(bytes, known.digestOf(pack, index));
          const { start: from, length, coding, crc } = piece;
          sparse.putPiece({ start: from, length, coding, crc, bytes });
        },
      })),
    ]);
  }

  /** Returns the pieces of the tape that have a byte of these spans and are not here, in order. */
  function lackingPieces(spans: readonly TapeSpan[]): KnownPiece[] {
    const found = new Map<number, KnownPiece>();
    for (const { start, length } of spans)
      for (const one of known.piecesIn(start, start + length)) found.set(one.piece.start, one);
    return [...found.values()]
      .filter(({ piece }) => !sparse.hasPiece(piece.start, piece.length))
      .toSorted((one, other) => one.piece.start - other.piece.start);
  }

  /** Bytes of likely pages to bring with the next ones. */
  let likelyBytes: number | undefined;

  /** Brings pages, and likely ones: a look at one file needs few, a walk all, and each trip is a wait. */
  function bringPages(digests: readonly string[], likely: Iterable<string>): void {
    const lacking = new Set(digests.filter((digest) => !sparse.hasPage(digest)));
    if (lacking.size === 0) return;
    const { pages } = known.directory();
    likelyBytes ??= Math.max(leastLikely, Math.min(mostLikely, known.packedBytes * likelyShare));
    let room = likelyBytes;
    for (const digest of likely) {
      if (lacking.has(digest)) continue;
      const length = pages.get(digest)?.length ?? 0;
      if (length > room) break;
      if (sparse.hasPage(digest)) continue;
      lacking.add(digest);
      room -= length;
    }
    likelyBytes = Math.min(likelyBytes * 4, mostAhead);
    fetch(
      [...lacking].flatMap((digest) => {
        const place = pages.get(digest);
        if (place === undefined) return [];
        // Whoever reads a page holds it to its digest.
        return [{ ranges: [rangeOf(place)], put: (page) => sparse.putPage(digest, page) }];
      }),
    );
  }

  /** Rows that were dropped as damaged: what is damaged again came so. */
  const droppedOnce = new Set<string>();

  return {
    events,
    eventsAt,
    someEvents(first, last, order) {
      if (order === "forward") {
        if (first > view.head) return last;
        const index = known.frameOf(Math.max(first, 1));
        bringFrames([index]);
        return Math.min(last, known.frames[index]?.last ?? last);
      }
      const end = Math.min(last, view.head);
      if (end < 1) return first;
      const index = known.frameOf(end);
      bringFrames([index]);
      return Math.max(first, known.frames[index]?.first ?? first);
    },
    processes() {
      fetch(
        known
          .directory()
          .processes.slice(processParts)
          .map((place) => partOf(place, (bytes) => sparse.putPlaceless(unpackPart(bytes)))),
      );
      processParts = known.directory().processes.length;
    },
    replacements(ino, first, last) {
      eventsAt(replacing(ino).filter((seq) => seq >= first && seq <= last));
    },
    places(first, last) {
      const { lastPlace } = known.directory();
      const [low, high] = [Math.max(first, 1), Math.min(last, lastPlace)];
      const from = Math.floor((low - 1) / placesTogether);
      const count = high < low ? 0 : Math.floor((high - 1) / placesTogether) - from + 1;
      bringPlaces(Array.from({ length: count }, (_, index) => from + index));
    },
    placesAt(ids) {
      bringPlaces(
        ids
          .filter((id) => !sparse.hasPlaces(id, id))
          .map((id) => Math.floor((id - 1) / placesTogether)),
      );
    },
    postings(list, first, last) {
      fetch(
        known
          .directory()
          .postings.filter((one) => one.list === list && one.part >= first && one.part <= last)
          .filter(({ part }) => !sparse.hasPostings(list, part))
          .map(({ part, place }) =>
            partOf(place, (bytes) => sparse.putPostings(list, part, unpackPostings(bytes))),
          ),
      );
    },
    partsOf: (list) => known.partsOf(list),
    tape: bringTape,
    // Events that come in packs were never folded.
    retained: () => {},
    base: () => {},
    snapshots(seqs, upTo) {
      const wanted = new Set<number>(seqs);
      const lacking = view.snapshots.flatMap(({ seq }, index) => {
        if (!wanted.has(seq) || sparse.hasSnapshot(seq)) return [];
        const place = known.directory().snapshots[index];
        if (place === undefined) return [];
        return [
          partOf(place, (bytes) =>
            sparse.putSnapshot(seq, bytes.subarray(0, 32), bytes.subarray(32)),
          ),
        ];
      });
      fetch(lacking.length === 0 ? [] : [...lacking, ...framesNear(wanted, upTo)]);
    },
    snapshotPages: (digests, likely = []) => bringPages(digests, likely),
    isDamaged(row) {
      const name = JSON.stringify(row);
      if (droppedOnce.has(name)) return;
      droppedOnce.add(name);
      sparse.drop(row);
    },
    narrow: (past, first, last) => known.narrow(past, first, last),
    near: (time) => known.near(time),
    version() {
      const later = store.later();
      if (later === undefined) return version;
      const next = checked(file, () => viewOf(later));
      if (next.head <= view.head) return version;
      known = take(next);
      view = next;
      processParts = 0;
      version += 1;
      return version;
    },
    close: () => sparse.close(),
  };
}

function viewOf({ bytes, head, digest }: GivenView): DecodedView {
  const view = decodeView(bytes);
  if (view.head !== head || view.digest.toString("hex") !== digest)
    throw new MalformedError("its view does not lead to the head that was signed");
  return view;
}
