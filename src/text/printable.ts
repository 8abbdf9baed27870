import { graphemesOf } from "./graphemes.ts";

declare const brand: unique symbol;

/** Text of visible characters and spaces only: fit for a terminal, whoever wrote it. */
export type Printable = string & { readonly [brand]: "Printable" };

const plain = /^[ -[\]-~]*$/;
const unsafe =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Regional_Indicator}\p{Emoji_Modifier}]|(?! )\p{Zs}|\\/u;
const mark = /\p{M}/u;
const maxMarks = 4;

/**
 * Makes untrusted text safe to show. Reversible: different inputs never look the same. Backslash doubles, a newline
 * becomes `\n`, another control character `\x1b`, any other character that does not show `\u{202e}`.
 */
export function printable(text: string): Printable {
  if (plain.test(text)) return text as Printable;
  let shown = "";
  for (const { segment } of graphemesOf(text)) shown += printableGrapheme(segment);
  return shown as Printable;
}

function printableGrapheme(grapheme: string): string {
  const points = Array.from(grapheme);
  // A combining mark without a base would be drawn over the character before it.
  const stacked =
    mark.test(points[0] ?? "") || points.filter((point) => mark.test(point)).length > maxMarks;
  let shown = "";
  let escaped = false;
  for (const point of points) {
    escaped = unsafe.test(point) || ((stacked || escaped) && mark.test(point));
    shown += escaped ? escape(point) : point;
  }
  return shown;
}

const short: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/**
 * `\x80` to `\xff` are bytes: see `printableBytes`. In a name a lone surrogate, U+DC80 to U+DCFF, stands for a byte that
 * belongs to no character.
 */
export function escape(point: string): string {
  const named = short.get(point);
  if (named !== undefined) return named;
  const code = point.codePointAt(0) ?? 0;
  if (code >= byteUnits + 0x80 && code <= byteUnits + 0xff)
    return `\\x${(code - byteUnits).toString(16)}`;
  const digits = code.toString(16);
  return code < 0x80 ? `\\x${digits.padStart(2, "0")}` : `\\u{${digits}}`;
}

/**
 * Makes bytes safe to show: UTF-8 like `printable`, and every other byte as `\xff`. Reversible too: different bytes
 * never look the same.
 */
export function printableBytes(bytes: Uint8Array): Printable {
  const whole = decode(bytes);
  if (whole !== undefined) return printable(whole);
  let shown = "";
  let from = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    shown += `${printable(decode(bytes.subarray(from, at)) ?? "")}\\x${(bytes[at] ?? 0).toString(16)}`;
    at += 1;
    from = at;
  }
  return `${shown}${printable(decode(bytes.subarray(from)) ?? "")}` as Printable;
}

/** Decodes bytes that are valid UTF-8, else returns undefined. A byte order mark stays. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns the length of the UTF-8 character at `at`, or 0 if there is none: table 3-7 of the Unicode standard. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1] ?? 0;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (const byte of bytes.subarray(at + 2, at + length)) {
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  return length;
}

const byteUnits = 0xdc00;

const escapes = /\\(?:([\\nrt])|x([0-9a-f]{2})|u\{([0-9a-f]{1,6})\})/g;

/** Returns the text that `printable` got. */
export function unprintable(shown: Printable): string {
  return shown.replaceAll(escapes, (_, letter?: string, byte?: string, point?: string) => {
    if (letter === undefined) {
      const code = Number.parseInt(byte ?? point ?? "", 16);
      return String.fromCodePoint(byte === undefined || code < 0x80 ? code : byteUnits + code);
    }
    return letter === "\\" ? "\\" : letter === "n" ? "\n" : letter === "r" ? "\r" : "\t";
  });
}

/** Returns the bytes that `printableBytes` got. */
export function unprintableBytes(shown: Printable): Uint8Array {
  const encoder = new TextEncoder();
  const parts = shown.split(/(\\\\|\\x[89a-f][0-9a-f])/).map((part) => {
    if (/^\\x[89a-f]/.test(part)) return Uint8Array.of(Number.parseInt(part.slice(2), 16));
    return encoder.encode(unprintable(part as Printable));
  });
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const lineUnsafe =
  /[\p{C}\p{M}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Regional_Indicator}\p{Emoji_Modifier}]|(?! )\p{Zs}/gu;

/** Formats a value as JSON on one line; characters that are not plainly visible become `\u` escapes. */
export function printableJson(value: unknown): Printable {
  const json = JSON.stringify(value, (_, field: unknown) =>
    typeof field === "bigint" ? field.toString() : field,
  );
  return json.replaceAll(lineUnsafe, (point) => {
    let shown = "";
    for (let index = 0; index < point.length; index += 1) {
      shown += `\\u${point.charCodeAt(index).toString(16).padStart(4, "0")}`;
    }
    return shown;
  }) as Printable;
}
