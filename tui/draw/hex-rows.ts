import { type Printable, pad, words } from "../../src/text/index.ts";
import { type Line, span } from "./line.ts";
import type { Role } from "./theme.ts";

/** Number of bytes that a row has room for. */
export type BytesPerRow = 8 | 16;

/** Columns of a row of 16 bytes, its offset included. */
const wide = 62;

export function bytesPerRow(columns: number): BytesPerRow {
  return columns >= wide ? 16 : 8;
}

/** Formats a row's offset: eight digits, more above 4 GiB. */
export function hexOffset(offset: number): Printable {
  return offset.toString(16).padStart(8, "0") as Printable;
}

/** Formats bytes as hex in groups of four, and as ASCII; a dot stands for an invisible character. */
export function hexLine(bytes: Uint8Array, perRow: BytesPerRow, role: Role = "plain"): Line {
  let digits = "";
  let characters = "";
  for (const [index, byte] of bytes.entries()) {
    if (index > 0 && index % 4 === 0) digits += " ";
    digits += byte.toString(16).padStart(2, "0");
    characters += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
  }
  return [
    span(pad(digits as Printable, perRow * 2 + perRow / 4 - 1), role),
    span(words(" ")),
    span(characters as Printable, role === "plain" ? "dim" : role),
  ];
}
