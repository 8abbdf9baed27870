/*
 * Names on Linux are bytes. A name that is UTF-8 is the text that it spells; in any other, each byte that belongs to no
 * character is one lone surrogate, U+DC80 for the byte 0x80 to U+DCFF for 0xFF, as in Python's "surrogateescape". No
 * other text has lone surrogates, so that each name has one text, and each text one name.
 */

/** Returns the text of bytes: what they spell in UTF-8, with a lone surrogate for each byte that spells nothing. */
export function textOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString("utf8");
  // Bytes that spell nothing are read as this character, which a name may hold as well.
  if (!text.includes("\uFFFD") || Buffer.from(text).equals(buffer)) return text;
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < buffer.length;) {
    const length = characterAt(buffer, at);
    if (length > 0) {
      at += length;
      continue;
    }
    parts.push(buffer.toString("utf8", start, at), escapeOf(buffer[at] ?? 0));
    at += 1;
    start = at;
  }
  parts.push(buffer.toString("utf8", start));
  return parts.join("");
}

/** Returns the bytes of a text: UTF-8, but for lone surrogates that stand for bytes. */
export function bytesOfText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts: Buffer[] = [];
  let start = 0;
  for (const { index, 0: escapes } of text.matchAll(escaped)) {
    // Latin-1 takes the low byte of each unit.
    parts.push(Buffer.from(text.slice(start, index)), Buffer.from(escapes, "latin1"));
    start = index + escapes.length;
  }
  parts.push(Buffer.from(text.slice(start)));
  return Buffer.concat(parts);
}

/** Tells whether a text is that of some bytes: well-formed, or with lone surrogates just where bytes spell nothing. */
export function isByteText(text: string): boolean {
  return text.isWellFormed() || textOfBytes(bytesOfText(text)) === text;
}

/**
 * Returns a text as columns hold it, which are UTF-8: for each byte that spells nothing stands a character from U+10FE80
 * to U+10FEFF, which nobody uses. Where a text has such a character itself, its four bytes are spelled so.
 */
export function columnOfText(text: string): string {
  if (!text.includes("\uDBFF") && text.isWellFormed()) return text;
  return text.replaceAll(columnsOwn, (character) =>
    Array.from(bytesOfText(character), columnEscapeOf).join(""),
  );
}

/** Returns the text that a column holds. */
export function textOfColumn(column: string): string {
  if (!column.includes("\uDBFF") || !columnEscapes.test(column)) return column;
  const spelled = column.replaceAll(everyColumnEscape, (character) =>
    escapeOf((character.codePointAt(0) ?? 0) - firstColumnEscape + firstByte),
  );
  return textOfBytes(bytesOfText(spelled));
}

const firstByte = 0x80;
const firstColumnEscape = 0x10fe80;
const escaped = /[\uDC80-\uDCFF]+/gu;
const columnsOwn = /[\uDC80-\uDCFF\u{10FE80}-\u{10FEFF}]/gu;
const columnEscapes = /[\u{10FE80}-\u{10FEFF}]/u;
const everyColumnEscape = /[\u{10FE80}-\u{10FEFF}]/gu;

function escapeOf(byte: number): string {
  return String.fromCharCode(0xdc00 + byte);
}

function columnEscapeOf(byte: number): string {
  return String.fromCodePoint(firstColumnEscape + byte - firstByte);
}

/** Returns the number of bytes of the character that begins there; 0 if none does. RFC 3629, section 4. */
function characterAt(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const second = bytes[at + 1] ?? 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (length === 0 || second < low || second > high) return 0;
  for (let next = at + 2; next < at + length; next += 1)
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}
