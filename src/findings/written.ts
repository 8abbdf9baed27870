import type { Event, Ino, Seq } from "../../journal/index.ts";
import type { ReadTape } from "../history/index.ts";

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
/** Bounds the files whose last pieces are held. */
const mostFiles = 64;

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
  readonly #readTape: ReadTape;
  readonly #held = new Map<Ino, Held>();

  constructor(readTape: ReadTape) {
    this.#readTape = readTape;
  }

  /** Takes a write; yields the pieces that it completes. */
  *add({ ino, path, offset, length, tape, seq }: Write): Generator<WrittenText> {
    const held = this.#held.get(ino) ?? { path, next: offset, text: "", pieces: [], told: 0 };
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
    if (held.text.length > held.told) yield { ino, ...held };
  }
}

const singleBytes = new TextDecoder("latin1");

/** Returns the event that wrote a place of the text. */
export function writerAt({ pieces }: WrittenText, place: number): Seq | undefined {
  return pieces.findLast(({ start }) => start <= place)?.seq;
}
