import type { TextLines } from "./text-lines.ts";

/** Two texts as numbers below `distinct`, the same number for equal lines. */
export interface NumberedLines {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly distinct: number;
}

/**
 * Numbers the lines of two texts in the order in which they first occur. A last line without a newline equals none with
 * one.
 */
export function numberLines(before: TextLines, after: TextLines): NumberedLines {
  const table = new LineTable(before.count + after.count);
  const [left, right] = [new Int32Array(before.count), new Int32Array(after.count)];
  if (table.number(before, left) && table.number(after, right))
    return { left, right, distinct: table.distinct };
  return numberedByText(before, after, left, right);
}

/** The steps, for each line, that a search among lines of like hashes may take: only made-up texts take more. */
const mostSteps = 16;

/** Finds equal lines by hashes of their characters, without a string for each line. */
class LineTable {
  distinct = 0;
  /** By hash, the number of a line and 1; 0 for none. */
  readonly #slots: Int32Array;
  readonly #hashes: Int32Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** The text in which each line occurs first: those below are in the first one. */
  #inFirst = 0;
  #first = "";
  #stepsLeft: number;

  constructor(lines: number) {
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * lines + 2)));
    this.#hashes = new Int32Array(lines);
    this.#starts = new Int32Array(lines);
    this.#ends = new Int32Array(lines);
    this.#stepsLeft = mostSteps * (lines + 64);
  }

  /** Numbers the lines of the next text; tells if that took no more steps than it may. */
  number({ count, whole, starts }: TextLines, result: Int32Array): boolean {
    const [slots, hashes] = [this.#slots, this.#hashes];
    const mask = slots.length - 1;
    const known = this.distinct;
    if (known === 0) this.#first = whole;
    else this.#inFirst = known;
    for (let index = 0; index < count; index += 1) {
      const [start, end] = [starts[index] ?? 0, starts[index + 1] ?? 0];
      const hash = hashOf(whole, start, end);
      let slot = hash & mask;
      let found = (slots[slot] ?? 0) - 1;
      while (found >= 0 && !(hashes[found] === hash && this.#isLine(found, whole, start, end))) {
        this.#stepsLeft -= 1;
        slot = (slot + 1) & mask;
        found = (slots[slot] ?? 0) - 1;
      }
      if (this.#stepsLeft < 0) return false;
      if (found < 0) {
        found = this.distinct++;
        slots[slot] = found + 1;
        hashes[found] = hash;
        this.#starts[found] = start;
        this.#ends[found] = end;
      }
      result[index] = found;
    }
    return true;
  }

  #isLine(number: number, whole: string, start: number, end: number): boolean {
    const from = this.#starts[number] ?? 0;
    if ((this.#ends[number] ?? 0) - from !== end - start) return false;
    const text = this.#inFirst === 0 || number < this.#inFirst ? this.#first : whole;
    for (let at = start; at < end; at += 1)
      if (text.charCodeAt(from + at - start) !== whole.charCodeAt(at)) return false;
    return true;
  }
}

/** FNV-1a over the characters, mixed at the end, so that its low bits depend on all. */
function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

/** Does the same with a string for each line, in a table whose hashes nobody can foresee. */
function numberedByText(
  before: TextLines,
  after: TextLines,
  left: Int32Array,
  right: Int32Array,
): NumberedLines {
  const numbers = new Map<string, number>();
  for (const [{ count, whole, starts }, result] of [
    [before, left],
    [after, right],
  ] as const) {
    for (let index = 0; index < count; index += 1) {
      const line = whole.slice(starts[index], starts[index + 1]);
      const number = numbers.get(line) ?? numbers.size;
      numbers.set(line, number);
      result[index] = number;
    }
  }
  return { left, right, distinct: numbers.size };
}
