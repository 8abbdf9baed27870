/** Decodes UTF-8, with its byte order mark; undefined for other bytes, which costs far less than an error of TextDecoder. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  // Binary bytes show themselves at once; of a text the look costs little.
  if (!isUtf8(bytes, lookedAt)) return undefined;
  const text = lenient.decode(bytes);
  // Such a character may stand in the text itself.
  return text.includes(replacement) && !isUtf8(bytes, bytes.length) ? undefined : text;
}

const lookedAt = 32;
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const replacement = "\ufffd";

/** Tells if the characters that begin before `end` are as RFC 3629 has them. */
function isUtf8(bytes: Uint8Array, end: number): boolean {
  const stop = Math.min(end, bytes.length);
  for (let at = 0; at < stop;) {
    const first = bytes[at] ?? 0;
    at += 1;
    if (first < 0x80) continue;
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (first < 0xc2 || first > 0xf4) return false;
    const second = bytes[at] ?? 0;
    if (second < (leastSecond.get(first) ?? 0x80) || second > (mostSecond.get(first) ?? 0xbf))
      return false;
    for (let index = 1; index < more; index += 1)
      if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return false;
    at += more;
  }
  return true;
}

/** Bounds of the second byte after some first ones: no longer form than needed, no surrogate, nothing beyond U+10FFFF. */
const leastSecond: ReadonlyMap<number, number> = new Map([
  [0xe0, 0xa0],
  [0xf0, 0x90],
]);
const mostSecond: ReadonlyMap<number, number> = new Map([
  [0xed, 0x9f],
  [0xf4, 0x8f],
]);
