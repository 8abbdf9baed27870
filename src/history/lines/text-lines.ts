import { isUtf8 } from "node:buffer";

/** How a text is read. "latin-1": its lines that are no UTF-8, one character a byte. Both kinds of UTF-16 begin with their mark. */
export type Encoding = "utf-8" | "latin-1" | "utf-16le" | "utf-16be";

/** How much of a content is looked at to tell whether it is text: as much as git does. */
export const sampleBytes = 8_000;

/** Tells bytes that are no text by a NUL near their beginning, as git does, unless they are UTF-16. Needs only a sample. */
export function isBinary(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, sampleBytes);
  return sample.includes(0) && markedEncoding(sample) === undefined;
}

/** How bytes are read as text; undefined for what is none. */
export function encodingOf(bytes: Uint8Array): Encoding | undefined {
  const sample = bytes.subarray(0, sampleBytes);
  const marked = markedEncoding(sample);
  if (marked !== undefined && decodeStrictly(bytes, marked) !== undefined) return marked;
  if (sample.includes(0)) return undefined;
  return isUtf8(bytes) ? "utf-8" : "latin-1";
}

/** The text that bytes are, its byte order mark included; undefined for what is none. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const encoding = encodingOf(bytes);
  if (encoding === undefined) return undefined;
  const { count, text, endsInNewline } = splitLines(bytes, encoding);
  const lines = Array.from({ length: count }, (_, index) => text(index));
  return lines.join("\n") + (endsInNewline ? "\n" : "");
}

/** A line of a text without its newline: one that is no UTF-8 has a character for each byte. */
export function decodeLine(bytes: Uint8Array, encoding: Encoding = "utf-8"): string {
  if (encoding === "utf-16le" || encoding === "utf-16be")
    return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  return decodeStrictly(bytes, "utf-8") ?? singleBytes.decode(bytes);
}

/** A text cut into lines. */
export interface TextLines {
  readonly count: number;
  /** A line without its newline, as it is compared: the same where, and only where, the bytes are the same. */
  readonly key: (index: number) => string;
  /** The same line as it is shown. */
  readonly text: (index: number) => string;
  /** Whether the last line ends in a newline. */
  readonly endsInNewline: boolean;
}

/** Cuts bytes that are text in this encoding into lines. */
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

/** Where the lines of a text end, behind their newlines, in bytes. */
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
/** A character for each byte, and another one for each other. */
const singleBytes = new TextDecoder("latin1");

/** The UTF-16 that a byte order mark tells of; none where a NUL character, or the mark of UTF-32, stands in the sample. */
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
