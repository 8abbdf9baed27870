import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
import { type Event, promisedFrom, type Seq, type TapePosition } from "../format/event.ts";
import { JournalError } from "../interface/journal.ts";
import { kinds } from "../format/kinds.ts";
import { type Fetched, type ListingEvent, pieceAt, type PromisedFile } from "../format/promise.ts";
import type { RedactedSpan, RedactedSpans } from "../format/redaction.ts";
import { eventOf, type EventRow, selectEvent } from "../format/row.ts";
import { readPromised, type Unreadable } from "./host-file.ts";
import { Listing, mostListBytes } from "./listing.ts";

/** Finds listings, their files and fetches, by position. */
export interface Promises {
  listing(position: number): ListingEvent | undefined;
  file(position: number): PromisedFile | undefined;
  /**
   * Reads promised bytes from the host, into `target` at `at`. Throws JournalError unless they are all there and as they
   * were, and the listing is this user's own.
   */
  fromHost(position: number, length: number, target: Uint8Array, at: number): void;
  fetched(position: number): Fetched | undefined;
  /**
   * Yields the pieces of promised bytes that no fetch has brought, with their bytes from the host; passes over those
   * that cannot be had, or are of a listing that is not this user's own.
   */
  missing(position: number, length: number): Generator<BroughtPiece>;
  /** The end of the bytes from a position on that are in no fetch: `end`, or the end of their piece. */
  unfetched(position: number, end: number): number;
  /** The redacted spans of promised bytes that were fetched, by their promised positions. */
  redacted(start: number, end: number, spans: RedactedSpans): RedactedSpan[];
  /** The first position that was never promised. */
  end(): TapePosition;
}

/** Provides the events that promises are looked up in. */
export interface PromiseSource {
  readonly db: Database.Database;
  /** Events that are taken and not committed. */
  readonly pending: readonly Event[];
  /** Tells whether a program of this user made a list of this folder. */
  readonly isOwn: (from: string, listing: Listing) => boolean;
  /** The format of the file: an older one has no listings, nor their index. */
  readonly format: () => number;
  readonly readTape: (start: number, end: number, target: Uint8Array, at: number) => void;
}

/** A piece of a file as it came from the host. */
export interface BroughtPiece {
  /** The path that the file was listed under. */
  readonly path: string;
  readonly start: TapePosition;
  readonly length: number;
  readonly bytes: Buffer;
}

export function openPromises(source: PromiseSource): Promises {
  const { db, pending, format, readTape } = source;
  let find: ((kind: number, position: number) => Event | undefined) | undefined;
  const listings = new Map<Seq, Listing>();
  const own = new Map<Seq, boolean>();
  const known: ListingEvent[] = [];

  function stored(kind: "listing" | "fetch", position: number): Event | undefined {
    if (format() < firstFormat) return undefined;
    find ??= openFind(db);
    return find(kinds[kind].code, position);
  }

  /** The last one that begins at a position or before; of pending ones, the one that holds it. */
  function last(kind: "listing" | "fetch", position: number): Event | undefined {
    const taken = pending.findLast((event) => event.kind === kind && reaches(event, position));
    return taken ?? stored(kind, position);
  }

  function listing(position: number): ListingEvent | undefined {
    const held = known.find((event) => isAt(event, position));
    if (held !== undefined) return held;
    const event = last("listing", position);
    if (event?.kind !== "listing" || !isAt(event, position)) return undefined;
    known.push(event);
    return event;
  }

  function read(event: ListingEvent): Listing {
    let known = listings.get(event.seq);
    if (known === undefined) {
      known = readListing(event, (target) =>
        readTape(event.tape, event.tape + event.length, target, 0),
      );
      listings.set(event.seq, known);
    }
    return known;
  }

  function file(position: number): PromisedFile | undefined {
    const event = listing(position);
    if (event === undefined) return undefined;
    const list = read(event);
    const found = list.fileAt(position - event.start);
    if (found === undefined) return undefined;
    const { index, file: stamp } = found;
    return {
      listing: event.seq,
      from: event.from,
      top: event.path,
      // Put together when it is asked for: most questions are about the stamp.
      get below() {
        return list.pathOf(index);
      },
      start: (event.start + list.positionOf(index)) as TapePosition,
      stamp,
    };
  }

  function isOwn(event: ListingEvent): boolean {
    let known = own.get(event.seq);
    if (known === undefined) own.set(event.seq, (known = source.isOwn(event.from, read(event))));
    return known;
  }

  return {
    listing,
    file,
    fromHost(position, length, target, at) {
      for (let done = 0; done < length;) {
        const event = listing(position + done);
        const promised = file(position + done);
        if (event === undefined || promised === undefined || !isOwn(event)) throw unread(promised);
        const offset = position + done - promised.start;
        const count = Math.min(length - done, promised.stamp.size - offset);
        const bytes = readPromised(promised.from, promised, offset, count);
        if (typeof bytes === "string") throw unread(promised, bytes);
        target.set(bytes, at + done);
        done += count;
      }
    },
    *missing(position, length) {
      for (let at = position; at < position + length;) {
        const promised = file(at);
        if (promised === undefined) return;
        const { start, offset, length: count } = pieceAt(promised, at);
        at = start + count;
        const fetched = last("fetch", start);
        const event = listing(start);
        if ((fetched !== undefined && isAt(fetched, start)) || event === undefined || !isOwn(event))
          continue;
        const bytes = readPromised(promised.from, promised, offset, count);
        if (typeof bytes !== "string")
          yield { path: listedPath(promised), start, length: count, bytes };
      }
    },
    unfetched(position, end) {
      const found = file(position);
      if (found === undefined) return end;
      const { start, length } = pieceAt(found, position);
      return Math.min(end, start + length);
    },
    redacted(start, end, spans) {
      const found: RedactedSpan[] = [];
      for (let at = start; at < end;) {
        const piece = last("fetch", at);
        if (piece?.kind !== "fetch" || !isAt(piece, at)) {
          const promised = file(at);
          const { start: from = at, length = 1 } =
            promised === undefined ? {} : pieceAt(promised, at);
          at = from + length;
          continue;
        }
        const shift = piece.start - piece.tape;
        for (const span of spans.within(piece.tape, piece.tape + piece.length))
          found.push({ ...span, start: (span.start + shift) as TapePosition });
        at = piece.start + piece.length;
      }
      return found;
    },
    end() {
      const event = last("listing", Number.MAX_SAFE_INTEGER);
      const end = event?.kind === "listing" ? event.start + event.promised : promisedFrom;
      return end as TapePosition;
    },
    fetched(position) {
      const event = last("fetch", position);
      return event?.kind === "fetch" && isAt(event, position) ? event : undefined;
    },
  };
}

/** The first format with listings. */
const firstFormat = kinds.listing.format ?? 1;

function openFind(db: Database.Database): (kind: number, position: number) => Event | undefined {
  const seqs = db
    .prepare<[number, number], number>(
      `SELECT seq FROM main.event INDEXED BY event_promise WHERE place IS NULL AND start IS NOT NULL AND kind = ? AND start <= ?
      ORDER BY start DESC LIMIT 1`,
    )
    .pluck();
  const rows = db.prepare<[number], EventRow>(`${selectEvent} WHERE e.seq = ?`).raw();
  return (kind, position) => {
    const seq = seqs.get(kind, position);
    const row = seq === undefined ? undefined : rows.get(seq);
    return row === undefined ? undefined : eventOf(row);
  };
}

function reaches(event: Event, position: number): boolean {
  return position === Number.MAX_SAFE_INTEGER || isAt(event, position);
}

function isAt(event: Event, position: number): boolean {
  if (event.kind !== "listing" && event.kind !== "fetch") return false;
  const length = event.kind === "listing" ? event.promised : event.length;
  return event.start <= position && position < event.start + length;
}

/**
 * Reads the list of a listing; `fill` gets memory for its bytes. Throws MalformedError for one that is none, or is not
 * what the event says.
 */
export function readListing(
  event: Pick<ListingEvent, "length" | "entries" | "promised">,
  fill: (target: Buffer) => void,
): Listing {
  if (event.length > mostListBytes) throw new MalformedError("a list is too long");
  const bytes = Buffer.allocUnsafeSlow(event.length);
  fill(bytes);
  const listing = new Listing(bytes);
  if (listing.count !== event.entries || listing.promised !== event.promised)
    throw new MalformedError("a list is not what its event says");
  return listing;
}

/** The absolute path that a file was listed under. */
export function listedPath({ top, below }: PromisedFile): string {
  return top === "/" ? `/${below}` : `${top}/${below}`;
}

/** The error for promised bytes that were never read, and why they cannot be read now. */
export function unread(file: PromisedFile | undefined, why?: Unreadable): JournalError {
  if (file === undefined)
    return new JournalError("damaged", "Bytes are promised in no listing of the journal.", {
      hint: "verify checks the whole journal",
    });
  const { from, top } = file;
  const path = listedPath(file);
  const now = why === undefined ? "" : `, and ${unreadable[why]}`;
  const message = `The bytes of ${path} were never read from ${from}${now}: they are not in the journal.`;
  const hint =
    why === undefined
      ? `a run with --dir ${from}::${top} reads what its program needs`
      : why === "changed"
        ? `import ${from} ${top} brings in what is there now`
        : undefined;
  return new JournalError("unread", message, hint === undefined ? {} : { hint });
}

/** Says, in words, why promised bytes of a file of the host cannot be read. */
export const unreadable: Readonly<Record<Unreadable, string>> = {
  changed: "the file there is not what it was",
  missing: "the file is no longer there",
  "not allowed": "this user may not read the file there",
  "not readable": "the system cannot read the file there",
};
