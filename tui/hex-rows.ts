import { type Printable, pad, words } from "../src/text/index.ts";
import type { Glyphs } from "./glyphs.ts";
import { type Line, span } from "./line.ts";
import type { Role } from "./theme.ts";

export const bytesPerRow = 16;

/** Where a row of bytes begins: eight digits, more for what is larger than 4 GiB. */
export function hexOffset(offset: number): Printable {
  return offset.toString(16).padStart(8, "0") as Printable;
}

/** Up to 16 bytes as hex and as ASCII; what is no visible character is a dot. */
export function hexLine(bytes: Uint8Array, { between }: Glyphs, role: Role = "plain"): Line {
  const digits: string[] = [];
  let characters = "";
  for (const [index, byte] of bytes.entries()) {
    if (index === 8) digits.push("");
    digits.push(byte.toString(16).padStart(2, "0"));
    characters += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
  }
  return [
    span(pad(digits.join(" ") as Printable, 48), role),
    span(words(" ")),
    span(between, "dim"),
    span(characters as Printable, role),
    span(between, "dim"),
  ];
}
