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
  /** Returns a line without its newline for comparing: keys are equal exactly if the bytes are. */
  readonly key: (index: number) => string;
  /** Returns the same line for display. */
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
  const lines = whole === "" ? [] : whole.split("\n");
  const endsInNewline = lines.at(-1) === "";
  if (endsInNewline) lines.pop();
  const key = (index: number): string => lines[index] ?? "";
  if (encoding !== "latin-1") return { count: lines.length, key, text: key, endsInNewline };
  const ends = lineEnds(bytes, encoding);
  const text = (index: number): string => {
    const line = key(index);
    if (ascii.test(line)) return line;
    const start = ends[index - 1] ?? 0;
    return decodeStrictly(bytes.subarray(start, start + line.length), "utf-8") ?? line;
  };
  return { count: lines.length, key, text, endsInNewline };
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
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
