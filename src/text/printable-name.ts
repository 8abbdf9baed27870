import { graphemesOf } from "./graphemes.ts";
import { escape, type Printable, printable } from "./printable.ts";

/** Matches ASCII without backslashes, with single blanks inside only. */
const plain = /^(?:[!-[\]-~](?: (?=[!-[\]-~]))?)*$/;
/** Matches arrows like ours between two names. */
const arrow = /(?<= )(?:->|→)(?= )/g;
/** Matches blanks at either end, and after another blank. */
const ambiguousBlank = /^ | $|(?<= ) /g;

/** Characters without ink that no property of Unicode covers. */
const blank = /[\u2800\u303f\u{1d159}\u{13441}\u{13442}]/u;
/** Characters that look like an ASCII sign: slashes, backslashes, hyphens, colons, bars, a comma, an apostrophe. */
const lookAlikeSign =
  /[\u2044\u2215\u2571\u29f8\uff0f\u2216\u29f5\u29f9\ufe68\uff3c\u02d7\u2010-\u2013\u2043\u2212\ufe58\ufe63\uff0d\u02d0\u2236\ua789\u01c0\u01c3\u2223\u201a\u02bc\u2032]/u;
/** Phonetic letters that look like those of the alphabet. */
const lookAlikeLetter = /[\u0251\u0261]/u;
/**
 * Letters and signs that Unicode has twice, without those that people write: Thai, Lao, Korean, and wide or narrow
 * forms.
 */
const maybeTwice =
  /(?![\p{Script=Thai}\p{Script=Lao}\p{Script=Hangul}\uff00-\uffef…])[\p{L}\p{P}]/u;

const word = /[\p{L}\p{M}\p{N}]+/gu;
const latin = /\p{Script=Latin}/u;
/**
 * Scripts that share shapes with others. Chinese, Japanese and Korean are left out, because they are mixed all the
 * time.
 */
const scripts: readonly RegExp[] = [
  latin,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
  /\p{Script=Georgian}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Lisu}/u,
  /\p{Script=Deseret}/u,
  /\p{Script=Osage}/u,
  /\p{Script=Gothic}/u,
  /\p{Script=Old_Italic}/u,
  /\p{Script=Tifinagh}/u,
  /\p{Script=Runic}/u,
];

/**
 * Makes an untrusted name or path safe to show beside others. Escapes like `printable`, and also escapes everything
 * that makes different names look the same: blanks at an end or in a row, signs without ink, letters with several
 * compositions, signs and letters that Unicode has twice, the rarer script in a word of several, and ` → `, which we
 * put between two names. Reversible by `unprintable`. A whole word in one script may still look like a word in another.
 */
export function printableName(name: string): Printable {
  if (plain.test(name) && !name.includes(" -> ")) return name as Printable;
  const mixed = mixedIn(name);
  let shown = "";
  for (const { segment, index } of graphemesOf(name)) {
    const isSpelt = mixed.has(index) || isAmbiguous(segment);
    shown += isSpelt ? spell(segment) : printable(segment);
  }
  return shown.replaceAll(ambiguousBlank, String.raw`\x20`).replaceAll(arrow, spell) as Printable;
}

function isAmbiguous(grapheme: string): boolean {
  return (
    blank.test(grapheme) ||
    lookAlikeSign.test(grapheme) ||
    lookAlikeLetter.test(grapheme) ||
    grapheme.normalize("NFC") !== grapheme ||
    (maybeTwice.test(grapheme) && grapheme.normalize("NFKC") !== grapheme)
  );
}

/** Escapes everything that is not ASCII, or the first sign if everything is. */
function spell(text: string): string {
  const points = Array.from(text);
  const isAscii = points.every((point) => point < "\x80");
  return points
    .map((point, index) =>
      point >= "\x80" || (isAscii && index === 0) ? escape(point) : printable(point),
    )
    .join("");
}

/** Finds the letters of the rarer scripts in each word; of two equally frequent scripts Latin stays. */
function mixedIn(name: string): ReadonlySet<number> {
  const places = new Set<number>();
  for (const { 0: text, index: start } of name.matchAll(word)) {
    const letters = Array.from(text.matchAll(/./gu), ({ 0: letter, index }) => ({ letter, index }));
    const found = scripts
      .map((script) => letters.filter(({ letter }) => script.test(letter)))
      .filter(({ length }) => length > 0)
      .sort((one, other) => other.length - one.length);
    for (const { index } of found.slice(1).flat()) places.add(start + index);
  }
  return places;
}
