import { type Encoding, encodingOf, lineEnds } from "../../src/history/index.ts";

/** Bytes that are read at once when a text is opened. */
const opening = 1024 * 1024;
/** Bytes and lines up to which a text is read; as bytes the whole file is shown. */
const mostBytes = 2 * 1024 ** 3;
const mostLines = 8_000_000;

/**
 * The places where the lines of a text begin. Those of the first MiB are known from the start, more by `readOn`. A line
 * of more than that is taken for several.
 */
export class LineIndex {
  /** Undefined for contents that are no text: they contain a NUL, and are not UTF-16. */
  readonly encoding: Encoding | undefined;
  readonly size: number;
  readonly #read: (start: number, end: number) => Uint8Array;
  #starts = new Float64Array(1_024);
  #count = 0;
  /** The byte up to which line ends are known. */
  #known = 0;

  constructor(size: number, read: (start: number, end: number) => Uint8Array) {
    this.size = size;
    this.#read = read;
    const bytes = read(0, Math.min(size, opening));
    const sample = bytes.length < size ? wholeLines(bytes) : bytes;
    const encoding = encodingOf(sample);
    const isWide = encoding?.startsWith("utf-16") === true;
    this.encoding = isWide || !sample.includes(0) ? encoding : undefined;
    if (this.encoding === undefined) return;
    this.#add(0);
    if (isWide) {
      for (const end of lineEnds(sample, this.encoding)) this.#add(end);
      this.#known = sample.length;
    } else {
      this.#take(bytes);
    }
  }

  /** The number of lines that are known. */
  get count(): number {
    return Math.max(0, this.#count - 1);
  }

  /** The bytes that were read so far. */
  get known(): number {
    return this.#known;
  }

  /** True if there is more to read. */
  get isOpen(): boolean {
    return (
      this.#known < this.size &&
      this.#known < mostBytes &&
      this.count < mostLines &&
      this.encoding !== undefined &&
      !this.encoding.startsWith("utf-16")
    );
  }

  /** Returns the byte at which a line begins; for the line after the last, the end. */
  start(line: number): number {
    return this.#starts[Math.max(0, Math.min(line, this.#count - 1))] ?? 0;
  }

  /** Returns at most so many bytes of a line, with its newline. */
  bytes(line: number, most: number): Uint8Array {
    const start = this.start(line);
    return this.#read(start, Math.min(this.start(line + 1), start + most));
  }

  /** Reads so many bytes more. */
  readOn(length: number): void {
    if (this.isOpen) this.#take(this.#read(this.#known, Math.min(this.size, this.#known + length)));
  }

  #take(bytes: Uint8Array): void {
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1))
      this.#add(this.#known + at + 1);
    this.#known += bytes.length;
    const last = this.#starts[this.#count - 1] ?? 0;
    const isEnd = this.#known >= this.size && last < this.size;
    if (isEnd || this.#known - last >= opening) this.#add(this.#known);
  }

  #add(start: number): void {
    if (this.#count === this.#starts.length) {
      const larger = new Float64Array(this.#starts.length * 2);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[this.#count] = start;
    this.#count += 1;
  }
}

const newline = 0x0a;

/** Drops a last line that was cut off, perhaps within a character. */
function wholeLines(bytes: Uint8Array): Uint8Array {
  const end = bytes.lastIndexOf(newline) + 1;
  if (end === 0) return bytes;
  return bytes.subarray(0, end % 2 === 1 && bytes[end] === 0 ? end + 1 : end);
}
