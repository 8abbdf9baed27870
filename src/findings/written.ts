import type { Event, Ino, Seq } from "../../journal/index.ts";
import { type File, readContent } from "../fs/index.ts";
import { type ReadTape, unlessUnread } from "../history/index.ts";

type Write = Event & { readonly kind: "write" };

/** Holds consecutive writes to one file as text, one character a byte, with the event that wrote each piece. */
export interface WrittenText {
  readonly ino: Ino;
  readonly path: string;
  readonly text: string;
  readonly pieces: readonly { readonly start: number; readonly seq: Seq }[];
}

/** Bytes that are joined at most. */
const mostTogether = 64 * 1024;
/** Bytes at the end of a piece that are repeated in the next. */
const overlap = 4 * 1024;
/** Bounds the seams that are remembered. */
const mostSeams = 500_000;
/** Bounds the files whose last pieces are held. */
const mostFiles = 64;

/** The places of a file where bytes meet, and the last event that wrote to it. */
interface Seams {
  readonly places: Set<number>;
  last: Seq;
}

interface Held {
  readonly path: string;
  /** Offset in the file of the byte that would follow. */
  next: number;
  text: string;
  pieces: { start: number; seq: Seq }[];
  /** Length of the text that was yielded before. */
  told: number;
}

/** Joins consecutive writes to each file, however small they are. Memory is bounded. */
export class WrittenTexts {
  /** Places in files where bytes meet that no consecutive writes joined. */
  readonly seams = new Map<Ino, Seams>();
  readonly #readTape: ReadTape;
  readonly #isOlder: (ino: Ino) => boolean;
  readonly #held = new Map<Ino, Held>();
  #seamsLeft = mostSeams;

  /** `isOlder` tells of files that are older than all writes. */
  constructor(readTape: ReadTape, isOlder: (ino: Ino) => boolean) {
    this.#readTape = readTape;
    this.#isOlder = isOlder;
  }

  /** Tells if there were more seams than are remembered. */
  get isFull(): boolean {
    return this.#seamsLeft < 0;
  }

  /** Takes a write; yields the pieces that it completes. */
  *add({ ino, path, offset, length, tape, seq }: Write): Generator<WrittenText> {
    const held = this.#held.get(ino) ?? { path, next: offset, text: "", pieces: [], told: 0 };
    if (held.next !== offset) this.#seam(ino, held.next, seq);
    if (held.next !== offset || held.text === "") this.#seam(ino, offset, seq);
    const seams = this.seams.get(ino);
    if (seams !== undefined) seams.last = seq;
    // The one that was written last stays longest.
    this.#held.delete(ino);
    this.#held.set(ino, held);
    // No secret is made of what stands in different places.
    if (held.next !== offset) held.text += "\0";
    if (held.text.length === mostTogether) yield* this.#cut(ino, held);
    for (let at = 0; at < length;) {
      const bytes = new Uint8Array(Math.min(length - at, mostTogether - held.text.length));
      this.#readTape(tape + at, bytes.length, bytes);
      held.pieces.push({ start: held.text.length, seq });
      held.text += singleBytes.decode(bytes);
      at += bytes.length;
      if (held.text.length === mostTogether) yield* this.#cut(ino, held);
    }
    held.next = offset + length;
    const oldest = this.#held.size > mostFiles ? this.#held.entries().next().value : undefined;
    if (oldest !== undefined) yield* this.#end(...oldest);
  }

  /** Takes note of a file's new size. */
  cut({ ino, size, seq }: Event & { readonly kind: "set-size" }): void {
    const held = this.#held.get(ino);
    if (held === undefined || size < held.next) this.#seam(ino, size, seq);
    const seams = this.seams.get(ino);
    if (seams !== undefined) seams.last = seq;
  }

  #seam(ino: Ino, place: number, last: Seq): void {
    if (place === 0) return;
    const seams = this.seams.get(ino) ?? { places: new Set(), last };
    if (seams.places.has(place)) return;
    this.#seamsLeft -= 1;
    if (this.#seamsLeft < 0) return;
    seams.places.add(place);
    this.seams.set(ino, seams);
  }

  /** Yields what is left. */
  *end(): Generator<WrittenText> {
    for (const [ino, held] of this.#held) yield* this.#end(ino, held);
  }

  /** Whoever takes the piece may stop there: all is in order before it is yielded. */
  *#cut(ino: Ino, held: Held): Generator<WrittenText> {
    const piece = { ino, ...held };
    const from = held.text.length - overlap;
    const before = held.pieces.findLast(({ start }) => start <= from);
    const after = held.pieces.filter(({ start }) => start > from);
    held.text = held.text.slice(from);
    held.pieces = [
      ...(before === undefined ? [] : [{ start: 0, seq: before.seq }]),
      ...after.map(({ start, seq }) => ({ start: start - from, seq })),
    ];
    held.told = held.text.length;
    yield piece;
  }

  *#end(ino: Ino, held: Held): Generator<WrittenText> {
    this.#held.delete(ino);
    if (this.#isOlder(ino)) this.#seam(ino, held.next, held.pieces.at(-1)?.seq ?? (0 as Seq));
    if (held.text.length > held.told) yield { ino, ...held };
  }
}

/** Yields what a file holds around some places, as if one event had written it. */
export function* textsAround(
  places: ReadonlySet<number>,
  { ino, content }: File,
  readTape: ReadTape,
  { path, seq }: { readonly path: string; readonly seq: Seq },
): Generator<WrittenText> {
  const pieces = [{ start: 0, seq }];
  let [from, to] = [0, 0];
  const text = (): WrittenText => {
    const bytes = unlessUnread(
      () => readContent(content, from, to - from, readTape),
      new Uint8Array(),
    );
    return { ino, path, text: singleBytes.decode(bytes), pieces };
  };
  for (const place of [...places].sort((one, other) => one - other)) {
    if (place > content.size) break;
    const start = Math.max(0, place - overlap);
    if (to > 0 && (start > to || place - from > mostTogether)) yield text();
    if (start > to || place - from > mostTogether) from = start;
    to = Math.min(content.size, place + overlap);
  }
  if (to > 0) yield text();
}

const singleBytes = new TextDecoder("latin1");

/** Returns the event that wrote a place of the text. */
export function writerAt({ pieces }: WrittenText, place: number): Seq | undefined {
  return pieces.findLast(({ start }) => start <= place)?.seq;
}
