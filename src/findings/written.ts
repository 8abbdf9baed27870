import type { Event, Ino, Seq } from "../../journal/index.ts";
import type { ReadTape } from "../history/index.ts";

type Write = Event & { readonly kind: "write" };

/** What was written to one file in a row: one character a byte, and which event wrote from where on. */
export interface WrittenText {
  readonly ino: Ino;
  readonly path: string;
  readonly text: string;
  readonly pieces: readonly { readonly start: number; readonly seq: Seq }[];
}

/** So much is looked at together. */
const mostTogether = 64 * 1024;
/** What stands at the end of one piece is looked at again with the next. */
const overlap = 4 * 1024;
/** Files whose last pieces are held at a time. */
const mostFiles = 64;

interface Held {
  readonly path: string;
  /** Where in the file the next byte would follow. */
  next: number;
  text: string;
  pieces: { start: number; seq: Seq }[];
  /** How much of the text was given out before. */
  told: number;
}

/** Puts together what was written to each file in a row, however it was cut into writes. Memory is bounded. */
export class WrittenTexts {
  readonly #readTape: ReadTape;
  readonly #held = new Map<Ino, Held>();

  constructor(readTape: ReadTape) {
    this.#readTape = readTape;
  }

  /** Takes a write, and gives out what is complete by it. */
  *add({ ino, path, offset, length, tape, seq }: Write): Generator<WrittenText> {
    let held = this.#held.get(ino);
    if (held !== undefined && held.next !== offset) {
      yield* this.#end(ino, held);
      held = undefined;
    }
    this.#held.delete(ino);
    held ??= { path, next: offset, text: "", pieces: [], told: 0 };
    this.#held.set(ino, held);
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

  /** Gives out what is left. */
  *end(): Generator<WrittenText> {
    for (const [ino, held] of this.#held) yield* this.#end(ino, held);
  }

  *#cut(ino: Ino, held: Held): Generator<WrittenText> {
    yield { ino, ...held };
    const from = held.text.length - overlap;
    const before = held.pieces.findLast(({ start }) => start <= from);
    const after = held.pieces.filter(({ start }) => start > from);
    held.text = held.text.slice(from);
    held.pieces = [
      ...(before === undefined ? [] : [{ start: 0, seq: before.seq }]),
      ...after.map(({ start, seq }) => ({ start: start - from, seq })),
    ];
    held.told = held.text.length;
  }

  *#end(ino: Ino, held: Held): Generator<WrittenText> {
    this.#held.delete(ino);
    if (held.text.length > held.told) yield { ino, ...held };
  }
}

const singleBytes = new TextDecoder("latin1");

/** The event that wrote what stands at a place of the text. */
export function writerAt({ pieces }: WrittenText, place: number): Seq | undefined {
  return pieces.findLast(({ start }) => start <= place)?.seq;
}
