/** Takes a piece of text: the bytes from `start` to `end`. */
export type RunVisitor = (start: number, end: number) => void;

/**
 * Visits the pieces of text that are at least `least` bytes long. Text is printable ASCII, valid UTF-8, and any one byte
 * between two of ASCII, so that UTF-16, other alphabets and what NUL separates stay whole.
 */
export function eachTextRun(bytes: Uint8Array, least: number, visit: RunVisitor): void {
  const end = bytes.length;
  let start = -1;
  let at = 0;
  while (at < end) {
    const length = lengths[bytes[at] ?? 0] ?? 0;
    if (length === 1 || (length > 1 && isContinued(bytes, at, length))) {
      if (start < 0) start = at;
      at += length;
      continue;
    }
    const isBetween = start >= 0 && isAscii(bytes[at - 1]) && isAscii(bytes[at + 1]);
    if (!isBetween && start >= 0) {
      if (at - start >= least) visit(start, at);
      start = -1;
    }
    at += 1;
  }
  if (start >= 0 && end - start >= least) visit(start, end);
}

/** Holds the length of the character that each byte begins; 0 for bytes that begin none. */
const lengths = Uint8Array.from({ length: 256 }, (_, byte) => {
  // Colours on a terminal begin with the escape.
  const isSpacing = (byte >= 0x08 && byte <= 0x0d) || byte === 0x1b;
  if (isSpacing || (byte >= 0x20 && byte < 0x7f)) return 1;
  if (byte < 0xc2 || byte > 0xf4) return 0;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
});

function isAscii(byte: number | undefined): boolean {
  return byte !== undefined && lengths[byte] === 1;
}

function isContinued(bytes: Uint8Array, at: number, length: number): boolean {
  for (let next = at + 1; next < at + length; next += 1)
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return false;
  return true;
}
