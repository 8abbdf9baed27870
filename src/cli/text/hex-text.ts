import { type Printable, printable } from "../../text/index.ts";

const width = 16;

/** Formats sixteen bytes as a line of a dump: their numbers, and their ASCII beside them. */
export function hexLine(bytes: Uint8Array): Printable {
  const numbers = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  const left = numbers.slice(0, width / 2).join(" ");
  const right = numbers.slice(width / 2).join(" ");
  const letters = Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
  ).join("");
  // Not through `printable`, which would double a backslash: all of it is visible ASCII.
  return asciiLine(`${left.padEnd(23)}  ${right.padEnd(23)}  |${letters}|`);
}

/** Yields a whole dump, each line with its offset. */
export function* hexDump(bytes: Uint8Array, offset = 0): Generator<Printable> {
  for (let at = 0; at < bytes.length; at += width) {
    const place = (offset + at).toString(16).padStart(8, "0");
    yield asciiLine(`${place}  ${hexLine(bytes.subarray(at, at + width))}`);
  }
}

function asciiLine(text: string): Printable {
  return /^[ -~]*$/.test(text) ? (text as Printable) : printable(text);
}
