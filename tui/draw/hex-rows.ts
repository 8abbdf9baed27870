import { type Printable, pad, words } from "../../src/text/index.ts";
import { type Line, span } from "./line.ts";
import type { Role } from "./theme.ts";

/** How many bytes one row shows: what there is room for. */
export type BytesPerRow = 8 | 16;

/** Columns that a row of 16 bytes takes, its offset included. */
const wide = 62;

export function bytesPerRow(columns: number): BytesPerRow {
  return columns >= wide ? 16 : 8;
}

/** Where a row of bytes begins: eight digits, more for what is larger than 4 GiB. */
export function hexOffset(offset: number): Printable {
  return offset.toString(16).padStart(8, "0") as Printable;
}

/** Bytes as hex in groups of four, and as ASCII; what is no visible character is a dot. */
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
