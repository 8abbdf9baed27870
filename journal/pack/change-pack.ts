import { MalformedError } from "../format/bytes.ts";
import { hasBytes } from "../format/kinds.ts";
import type { RunNumber } from "../format/event.ts";
import { fillRedacted, type RedactedRow, type TapeSpan } from "../format/redaction.ts";
import { bytesOf, raw, sealed, type SegmentRow, segmentBytes } from "../tape/segment.ts";
import { eventsOf, type Pack } from "./pack.ts";

/**
 * The run of a span that a store redacted by itself. No event tells of it, and the chain proves all the rest: each
 * payload's digest stays. Who makes a journal of such packs adds a run that says so.
 */
export const redactedByStore = 0 as RunNumber;

/** A span to redact; without a run it is the store that does it. */
export interface SpanToRedact extends TapeSpan {
  readonly run?: RunNumber;
  /** The SHA-256 that the bytes must have. */
  readonly digest?: Buffer;
}

/**
 * Returns a pack without the bytes of these spans, which must be whole payloads of its events. Spans that are redacted
 * already get the run that is given. Throws MalformedError for one that is no payload, and for a pack that is damaged.
 */
export function redactPack(pack: Pack, spans: readonly SpanToRedact[]): Pack {
  const wanted = new Map<number, SpanToRedact>(spans.map((span) => [span.start, span]));
  const rows = new Map<number, RedactedRow>(pack.redacted.map((row) => [row.start, row]));
  const removed: TapeSpan[] = [];
  for (const { event, payload } of eventsOf(pack)) {
    if (!hasBytes(event) || event.length === 0 || payload === undefined) continue;
    const span = wanted.get(event.tape);
    if (span === undefined) continue;
    const isWhole = span.length === event.length && event.kind !== "listing";
    if (!isWhole || (span.digest !== undefined && !span.digest.equals(payload))) break;
    wanted.delete(event.tape);
    if (!rows.has(event.tape)) removed.push({ start: event.tape, length: event.length });
    const { start, length, run = rows.get(span.start)?.run ?? redactedByStore } = span;
    rows.set(start, { start, length, run, digest: Buffer.from(payload) });
  }
  const [left] = wanted.values();
  if (left !== undefined)
    throw new MalformedError(
      `${left.length} bytes of the tape from ${left.start} on are no whole write`,
    );
  return {
    ...pack,
    pieces: pack.pieces.map((piece) => withoutBytes(piece, removed)),
    redacted: [...rows.values()].toSorted((a, b) => a.start - b.start),
  };
}

function withoutBytes(piece: SegmentRow, removed: readonly TapeSpan[]): SegmentRow {
  const end = piece.start + piece.length;
  const inside = removed.filter(({ start, length }) => start < end && start + length > piece.start);
  if (inside.length === 0) return piece;
  const bytes = Buffer.from(bytesOf(piece));
  for (const { start, length } of inside) {
    const from = Math.max(start, piece.start);
    const stop = Math.min(start + length, end);
    fillRedacted(bytes.subarray(from - piece.start, stop - piece.start), from - start);
  }
  return pieceOf(piece.start, bytes);
}

/**
 * Returns one pack of several that follow on one another. Throws MalformedError for those that do not, and for one that
 * is damaged.
 */
export function mergePacks(packs: readonly Pack[]): Pack {
  const [first] = packs;
  const last = packs.at(-1);
  if (first === undefined || last === undefined) throw new TypeError("no packs to merge");
  for (const [index, pack] of packs.entries()) {
    const before = packs[index - 1];
    if (before === undefined) continue;
    const follows =
      pack.id === before.id &&
      pack.created === before.created &&
      pack.first === before.last + 1 &&
      pack.tape === before.tapeEnd &&
      before.commits.at(-1)?.digest.equals(pack.before) === true;
    if (!follows) throw new MalformedError(`a pack does not follow on event ${before.last}`);
  }
  const redacted = new Map(packs.flatMap((pack) => pack.redacted).map((row) => [row.start, row]));
  return {
    ...first,
    last: last.last,
    tapeEnd: last.tapeEnd,
    commits: packs.flatMap(({ commits }) => commits),
    events: Buffer.concat(packs.map(({ events }) => events)),
    pieces: piecesOf(packs, first.tape, last.tapeEnd),
    redacted: [...redacted.values()].toSorted((a, b) => a.start - b.start),
  };
}

/** Cuts the tape of packs that follow on one another where segments are. */
function piecesOf(packs: readonly Pack[], start: number, end: number): SegmentRow[] {
  const pieces: SegmentRow[] = [];
  let parts: Buffer[] = [];
  let held = 0;
  for (const { pieces: own } of packs)
    for (const piece of own) {
      const isWhole = parts.length === 0 && endsSegment(piece, end);
      if (isWhole) {
        pieces.push(piece);
        continue;
      }
      parts.push(bytesOf(piece));
      held += piece.length;
      if (!endsSegment(piece, end)) continue;
      pieces.push(pieceOf(piece.start + piece.length - held, Buffer.concat(parts)));
      [parts, held] = [[], 0];
    }
  const reached = pieces.reduce((sum, { length }) => sum + length, start);
  if (reached !== end)
    throw new MalformedError("packs have more or less of the tape than they say");
  return pieces;
}

function endsSegment({ start, length }: SegmentRow, end: number): boolean {
  const stop = start + length;
  return stop % segmentBytes === 0 || stop === end;
}

/** Fewest bytes that are worth the attempt to compress them. */
const leastPacked = 256;

/** Makes a piece of a pack's tape. */
export function pieceOf(start: number, bytes: Buffer): SegmentRow {
  return bytes.length < leastPacked ? raw(start, bytes) : sealed(start, bytes);
}
