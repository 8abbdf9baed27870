import { writeSync } from "node:fs";
import { isatty } from "node:tty";

import {
  type Paint,
  type Printable,
  type Shown,
  type Style,
  colorsFor,
  folded,
  joined,
  painter,
  printable,
  printableJson,
  widthOf,
  withoutColors,
  words,
} from "../../text/index.ts";

/** Reports that the reader of our output has gone. Not an error of ours: `rewindfs log | head`. */
export class ReaderGoneError extends Error {
  override readonly name = "ReaderGoneError";
}

/** The place that bytes of an output go to. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Cells in a row of the terminal. */
  readonly columns: number;
  /** Throws ReaderGoneError if nobody reads any more. */
  write(bytes: Uint8Array): void;
}

/** Returns a descriptor of this process as a sink. */
export function descriptorSink(descriptor: 1 | 2): Sink {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  return {
    isTerminal: isatty(descriptor),
    get columns() {
      return stream.columns > 0 ? stream.columns : 80;
    },
    write: (bytes) => writeAll(descriptor, bytes),
  };
}

const enough = 32 * 1024;

/** Output to a sink. Text is written when the call returns, or in `flush` at the latest. */
export class Output {
  readonly isTerminal: boolean;
  readonly paint: Paint;
  readonly #sink: Sink;
  /** Flushed first, so that a terminal shows both in the order they were written. */
  readonly #earlier: Output | undefined;
  #pending = "";
  #hasWritten = false;
  /** The row of the terminal so far. */
  #row: Printable = words("");

  constructor(sink: Sink, env: NodeJS.ProcessEnv, earlier?: Output) {
    this.#sink = sink;
    this.#earlier = earlier;
    this.isTerminal = sink.isTerminal;
    this.paint = painter(colorsFor(this.isTerminal, env));
  }

  /** Cells in a row of the terminal; infinite if it is none. */
  get columns(): number {
    return this.isTerminal ? this.#sink.columns : Number.POSITIVE_INFINITY;
  }

  /** Writes a line; on a terminal in several rows if it is too wide, of which the further ones begin with `under`. */
  line(text: Shown, under: Shown = indent): void {
    const used = this.isTerminal ? widthOf(this.#row) : 0;
    const whole = this.isTerminal ? folded(text, { columns: this.columns, used, under }) : [text];
    this.plain(joined(whole, "\n"));
  }

  /** Writes a line that stays one, however wide it is. */
  plain(text: Shown): void {
    this.#row = words("");
    this.#write(`${text}\n`);
  }

  /** Writes a value as a line of JSON. */
  json(value: unknown): void {
    this.plain(printableJson(value));
  }

  /** Writes text without a line end. */
  text(text: Shown): void {
    if (this.isTerminal) this.#row = joined([this.#row, withoutColors(text)], "");
    this.#write(text);
  }

  /** Writes a line of a guest's content: visible on a terminal, with its tabs; unchanged for a machine. */
  content(text: string, style?: Style): void {
    this.contentPart(text, style);
    this.plain(words(""));
  }

  /** Writes a part of such a line. */
  contentPart(text: string, style?: Style): void {
    if (!this.isTerminal) {
      this.#write(text);
      return;
    }
    const visible = joined(text.split("\t").map(printable), "\t");
    this.text(style === undefined ? visible : this.paint(style, visible));
  }

  /** Writes bytes unchanged: for the machine that asked for them. */
  bytes(bytes: Uint8Array): void {
    this.flush();
    this.#hasWritten = true;
    this.#sink.write(bytes);
  }

  /** Moves to a new line of a terminal, if others' output there ended within one. */
  freshLine(): void {
    // A row of blanks ends in the row it began in, which is cleared, unless something stood before them.
    if (this.isTerminal) this.#write(`${" ".repeat(this.columns)}\r\x1b[K`);
  }

  /** Moves the cursor of a terminal. */
  control(sequence: "\r\x1b[K"): void {
    this.#row = words("");
    if (this.isTerminal) this.#write(sequence);
  }

  /** Forgets what is not written yet. Returns false if something was written. */
  takeBack(): boolean {
    if (this.#hasWritten) return false;
    this.#pending = "";
    this.#row = words("");
    return true;
  }

  flush(): void {
    this.#earlier?.flush();
    if (this.#pending === "") return;
    const text = this.#pending;
    this.#pending = "";
    this.#hasWritten = true;
    try {
      this.#sink.write(new TextEncoder().encode(text));
    } catch (error) {
      // A missing reader of notes does not stop the work.
      if (!(error instanceof ReaderGoneError && this.#earlier !== undefined)) throw error;
    }
  }

  #write(text: string): void {
    this.#pending += text;
    const full = this.#pending.length > enough || (this.isTerminal && text.endsWith("\n"));
    if (full || this.#earlier !== undefined) this.flush();
  }
}

/** Begins the further rows of a line that is folded. */
const indent: Printable = words("    ");

const shortestPauseMilliseconds = 0.02;
const longestPauseMilliseconds = 5;

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let pause = shortestPauseMilliseconds;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
      pause = shortestPauseMilliseconds;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") throw new ReaderGoneError();
      if (code !== "EAGAIN") throw error;
      // The other end made the pipe non-blocking and is behind.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
      pause = Math.min(pause * 2, longestPauseMilliseconds);
    }
  }
}
