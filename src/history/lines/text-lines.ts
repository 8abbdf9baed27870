import { decodeUtf8 } from "./utf8.ts";

/**
 * The encoding of a text. "latin-1" reads lines that are not UTF-8, one character a byte. A text in UTF-16 begins with
 * its byte order mark.
 */
export type Encoding = "utf-8" | "latin-1" | "utf-16le" | "utf-16be";

/** The bytes of a content to check for whether it is text, as in git. */
export const sampleBytes = 8_000;

/**
 * Tells whether bytes are binary: they have a NUL near their beginning, as in git, and are not UTF-16. A sample is
 * enough.
 */
export function isBinary(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, sampleBytes);
  return sample.includes(0) && markedEncoding(sample) === undefined;
}

/** Returns the encoding of a text; undefined for binary bytes. */
export function encodingOf(bytes: Uint8Array): Encoding | undefined {
  const sample = bytes.subarray(0, sampleBytes);
  const marked = markedEncoding(sample);
  if (marked !== undefined && decodeStrictly(bytes, marked) !== undefined) return marked;
  if (sample.includes(0)) return undefined;
  return decodeStrictly(bytes, "utf-8") === undefined ? "latin-1" : "utf-8";
}

/** Decodes a text, with its byte order mark; undefined for binary bytes. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const encoding = encodingOf(bytes);
  if (encoding === undefined) return undefined;
  const { count, text, endsInNewline } = splitLines(bytes, encoding);
  const lines = Array.from({ length: count }, (_, index) => text(index));
  return lines.join("\n") + (endsInNewline ? "\n" : "");
}

/** Decodes a line without its newline; one that is not UTF-8 has a character for each byte. */
export function decodeLine(bytes: Uint8Array, encoding: Encoding = "utf-8"): string {
  if (encoding === "utf-16le" || encoding === "utf-16be")
    return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  return decodeStrictly(bytes, "utf-8") ?? singleBytes.decode(bytes);
}

/** A text split into lines. */
export interface TextLines {
  readonly count: number;
  /** The text for comparing: parts of it are equal exactly if the bytes are. */
  readonly whole: string;
  /** The place in it at which each line begins, and at the end that of the text's end. */
  readonly starts: Int32Array;
  /** Tells whether lines are displayed as they stand there. */
  readonly isShownWhole: boolean;
  /** Returns a line without its newline for display. */
  readonly text: (index: number) => string;
  /** Tells whether the last line ends in a newline. */
  readonly endsInNewline: boolean;
}

/** Splits a text in this encoding into lines. */
export function splitLines(bytes: Uint8Array, encoding: Encoding): TextLines {
  const whole =
    encoding === "latin-1"
      ? singleBytes.decode(bytes)
      : new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  const lines = linesIn(whole);
  if (encoding !== "latin-1") return lines;
  const text = (index: number): string => {
    const line = lines.text(index);
    if (ascii.test(line)) return line;
    const start = lines.starts[index] ?? 0;
    return decodeStrictly(bytes.subarray(start, start + line.length), "utf-8") ?? line;
  };
  return { ...lines, text, isShownWhole: false };
}

/** Splits a text into lines; none is copied before it is asked for. */
export function linesIn(whole: string): TextLines {
  const endsInNewline = whole.endsWith("\n");
  let starts = new Int32Array(Math.ceil(whole.length / usualLine) + 2);
  let count = 0;
  for (let start = 0; start < whole.length; count += 1) {
    if (count + 2 > starts.length) starts = doubled(starts);
    const end = whole.indexOf("\n", start);
    start = end === -1 ? whole.length : end + 1;
    starts[count + 1] = start;
  }
  starts = starts.subarray(0, count + 1);
  const text = (index: number): string => {
    const end = starts[index + 1] ?? 0;
    const hasNewline = index < count - 1 || endsInNewline;
    return whole.slice(starts[index], hasNewline ? end - 1 : end);
  };
  return { count, whole, starts, text, endsInNewline, isShownWhole: true };
}

/** Characters of a usual line. */
const usualLine = 24;

function doubled(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const more = new Int32Array(numbers.length * 2);
  more.set(numbers);
  return more;
}

/** Returns the end of each line, behind its newline, in bytes. */
export function lineEnds(bytes: Uint8Array, encoding: Encoding): number[] {
  const [width, low] = encoding === "utf-16le" ? [2, 0] : encoding === "utf-16be" ? [2, 1] : [1, 0];
  const ends: number[] = [];
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) {
    const isAlone = width === 1 || (at % 2 === low && bytes[at + 1 - 2 * low] === 0);
    if (isAlone) ends.push(at + width - low);
  }
  if ((ends.at(-1) ?? 0) < bytes.length) ends.push(bytes.length);
  return ends;
}

const newline = 0x0a;
const ascii = /^[\0-\x7f]*$/;
/** Decodes each byte to a character of its own. */
const singleBytes = new TextDecoder("latin1");

/**
 * Returns the kind of UTF-16 by the byte order mark; undefined if the sample contains a NUL character or begins like
 * UTF-32.
 */
export function markedEncoding(sample: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = sample;
  const encoding =
    first === 0xff && second === 0xfe
      ? "utf-16le"
      : first === 0xfe && second === 0xff
        ? "utf-16be"
        : undefined;
  if (encoding === undefined) return undefined;
  for (let at = 2; at + 1 < sample.length; at += 2)
    if (sample[at] === 0 && sample[at + 1] === 0) return undefined;
  return encoding;
}

function decodeStrictly(bytes: Uint8Array, encoding: Encoding): string | undefined {
  if (encoding === "utf-8") return decodeUtf8(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
