import { changedLines } from "./changes.ts";
import type { DiffLine } from "./hunks.ts";

/** A piece of a line that is in both texts, removed, or added. */
export interface WordPiece {
  readonly sign: DiffLine["sign"];
  readonly text: string;
}

/**
 * Yields the lines of a hunk with the words that changed, as `git diff --word-diff`: words are what blanks separate,
 * and blanks are those of the text after.
 */
export function* wordLines(lines: readonly DiffLine[]): Generator<WordPiece[]> {
  let [removed, added]: string[][] = [[], []];
  for (const { sign, text } of lines) {
    if (sign === "-") removed?.push(text);
    else if (sign === "+") added?.push(text);
    else {
      yield* changedWords(removed ?? [], added ?? []);
      [removed, added] = [[], []];
      yield text === "" ? [] : [{ sign, text }];
    }
  }
  yield* changedWords(removed ?? [], added ?? []);
}

/** Longer changes are shown as a whole: nobody reads the words of so many lines. */
const mostCharacters = 4 * 1024 * 1024;

/** Compares consecutive removed lines with the added ones that stand in their place. */
function changedWords(removed: readonly string[], added: readonly string[]): WordPiece[][] {
  const page = new Page();
  const [before, after] = [textOf(removed), textOf(added)];
  if (after === "" || before.length + after.length > mostCharacters) {
    page.add("-", before);
    page.add("+", after);
    return page.lines;
  }
  const [left, right] = [wordsIn(before), wordsIn(after)];
  const numbers = new Map<string, number>();
  const [one, other] = [numbered(before, left, numbers), numbered(after, right, numbers)];
  const changes = changedLines(one, other, numbers.size);
  let at = 0;
  let [was, is] = [0, 0];
  while (was < left.length || is < right.length) {
    const [firstRemoved, firstAdded] = [was, is];
    while (changes.removed[was] === 1) was += 1;
    while (changes.added[is] === 1) is += 1;
    if (was > firstRemoved || is > firstAdded) {
      const old = spanOf(left, firstRemoved, was);
      const now = spanOf(right, firstAdded, is);
      page.add(" ", after.slice(at, now.start));
      page.add("-", before.slice(old.start, old.end));
      page.add("+", after.slice(now.start, now.end));
      at = now.end;
    }
    was += 1;
    is += 1;
  }
  page.add(" ", after.slice(at));
  return page.lines;
}

function textOf(lines: readonly string[]): string {
  return lines.map((text) => `${text}\n`).join("");
}

interface Word {
  readonly start: number;
  readonly end: number;
}

function wordsIn(text: string): Word[] {
  return Array.from(text.matchAll(/[^ \t\n\v\f\r]+/g), ({ 0: word, index }) => ({
    start: index,
    end: index + word.length,
  }));
}

function numbered(text: string, words: readonly Word[], numbers: Map<string, number>): Int32Array {
  return Int32Array.from(words, ({ start, end }) => {
    const word = text.slice(start, end);
    const number = numbers.get(word) ?? numbers.size;
    numbers.set(word, number);
    return number;
  });
}

/** Returns the place of some words in a row; of none, the end of the word before them. */
function spanOf(words: readonly Word[], first: number, end: number): Word {
  if (first === end) {
    const place = words[first - 1]?.end ?? 0;
    return { start: place, end: place };
  }
  return { start: words[first]?.start ?? 0, end: words[end - 1]?.end ?? 0 };
}

/** Cuts pieces at the ends of lines. */
class Page {
  readonly lines: WordPiece[][] = [];
  #isOpen = false;

  add(sign: DiffLine["sign"], whole: string): void {
    const parts = whole.split("\n");
    for (const [index, text] of parts.entries()) {
      if (text !== "") {
        if (!this.#isOpen) this.lines.push([]);
        this.lines.at(-1)?.push({ sign, text });
        this.#isOpen = true;
      }
      if (index === parts.length - 1) break;
      if (!this.#isOpen) this.lines.push([]);
      this.#isOpen = false;
    }
  }
}
