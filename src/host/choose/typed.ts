import { type Encoding, type Hunk, lineEnds } from "../../history/index.ts";
import type { TextPair } from "./compose.ts";

/** A hunk as text for an editor, and the way back to bytes. */
export interface EditableHunk {
  /** One line each, its sign first; "\ No newline at end of file" follows a line that lacks its end. */
  readonly bytes: Uint8Array;
  /**
   * Returns the bytes that replace the hunk's lines; undefined if the edited text does not fit, as its unchanged or
   * removed lines are no longer those of the text.
   */
  readonly read: (edited: Uint8Array) => Uint8Array | undefined;
}

const cutNote = "\\ No newline at end of file";

/**
 * Returns a hunk as text for an editor: lines that begin with "#" are ignored. Each line keeps its bytes, but for
 * UTF-16, which is edited as UTF-8. Undefined if lines of UTF-16 would stand beside others.
 */
export function editableHunk(
  { before, after, encodings }: TextPair,
  hunk: Hunk,
): EditableHunk | undefined {
  const isWide = encodings.some((encoding) => encoding.startsWith("utf-16"));
  if (isWide && encodings[0] !== encodings[1]) return undefined;
  const [was, is] = [new Lines(before, encodings[0]), new Lines(after, encodings[1])];
  const place = { before: hunk.beforeStart - 1, after: hunk.afterStart - 1 };
  const lines = hunk.lines.map(({ sign }) => {
    const line = sign === "+" ? is.line(place.after) : was.line(place.before);
    if (sign !== "+") place.before += 1;
    if (sign !== "-") place.after += 1;
    return `${sign}${line}`;
  });
  const shown = lines
    .map((line) => (line.endsWith("\n") ? line : `${line}\n${cutNote}\n`))
    .join("");
  const start = hunk.beforeStart - 1;
  const old = Array.from({ length: hunk.beforeLines }, (_, index) => was.line(start + index));
  const isAtEnd = start + hunk.beforeLines >= was.count;
  return {
    bytes: Buffer.from(shown, "latin1"),
    read: (edited) => {
      const found = parse(Buffer.from(edited).toString("latin1"));
      if (found === undefined || !isSame(found.stays, old)) return undefined;
      const cut = found.result.findIndex((line) => !line.endsWith("\n"));
      if (cut !== -1 && (cut < found.result.length - 1 || !isAtEnd)) return undefined;
      return encode(found.result.join(""), encodings[0]);
    },
  };
}

/** Returns the lines that stay or go, and the lines afterwards; undefined for text that is no hunk. */
function parse(
  text: string,
): { readonly stays: readonly string[]; readonly result: readonly string[] } | undefined {
  const stays: string[] = [];
  const result: string[] = [];
  let last: readonly string[][] = [];
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const sign = line.slice(0, 1);
    if (sign === "#" || line.startsWith("@@ ")) continue;
    if (sign === "\\") {
      for (const list of last) list.push((list.pop() ?? "").replace(/\n$/, ""));
      continue;
    }
    // Editors remove blanks at the end of a line: an empty line was an unchanged one.
    const body = `${line.replace(/\n$/, "").slice(1)}\n`;
    if (sign === " " || line === "\n" || line === "\r\n") last = [stays, result];
    else if (sign === "-") last = [stays];
    else if (sign === "+") last = [result];
    else return undefined;
    const content = line === "\r\n" ? line : body;
    for (const list of last) list.push(content);
  }
  return { stays, result };
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}

/** The lines of a text, each byte of the edited text as one character. */
class Lines {
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #encoding: Encoding;
  readonly #ends: readonly number[];

  constructor(bytes: Uint8Array, encoding: Encoding) {
    this.#bytes = bytes;
    this.#encoding = encoding;
    this.#ends = lineEnds(bytes, encoding);
    this.count = this.#ends.length;
  }

  /** Returns a line with its end. */
  line(index: number): string {
    const start = index <= 0 ? 0 : this.#ends[index - 1];
    const bytes = this.#bytes.subarray(start, this.#ends[index]);
    const isWide = this.#encoding.startsWith("utf-16");
    if (!isWide) return Buffer.from(bytes).toString("latin1");
    const text = new TextDecoder(this.#encoding, { ignoreBOM: true }).decode(bytes);
    return Buffer.from(text, "utf8").toString("latin1");
  }
}

function encode(text: string, encoding: Encoding): Uint8Array | undefined {
  const bytes = Buffer.from(text, "latin1");
  if (!encoding.startsWith("utf-16")) return bytes;
  const wide = Buffer.from(bytes.toString("utf8"), "utf16le");
  return encoding === "utf-16le" ? wide : wide.swap16();
}
