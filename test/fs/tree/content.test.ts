import { expect, test } from "vitest";

import type { TapePosition } from "../../../journal/index.ts";
import {
  Content,
  blockBytes,
  changedRanges,
  contentFrom,
  cover,
  emptyContent,
  extentsOf,
  readContent,
  readContentInto,
  resize,
  sameContent,
} from "../../../src/fs/tree/content.ts";
import { entriesOf } from "../../../src/fs/table/table.ts";
import { Random, seedOf } from "../../support/random.ts";
import { attempts } from "../../support/scale.ts";

const seeds = Array.from({ length: attempts(6) }, (_, index) => seedOf() + index);
/** Marks a byte that no write covers. */
const hole = -1;

/** No file of these tests grows larger, counted from its base. */
const most = 4 * blockBytes;

/** A content, and the place on the tape of each of its bytes. `base` is the offset in the file of byte 0 of both. */
class Pair {
  readonly content = emptyContent();
  readonly tags = new Int32Array(most).fill(hole);
  readonly base: number;
  #tape = 0;

  constructor(base = 0) {
    this.base = base;
    resize(this.content, base);
  }

  get length(): number {
    return this.content.size - this.base;
  }

  change(random: Random): void {
    const { content, base, tags } = this;
    const length = random.pick([1, 10, 4_096, blockBytes, blockBytes + 1]);
    const offset = Math.min(random.once(3) ? this.length : random.below(most), most - length);
    const before = content.mapped;
    if (random.once(6)) {
      expect(resize(content, base + offset)).toBe(content.mapped - before);
      tags.fill(hole, offset);
    } else {
      const position = this.#tape as TapePosition;
      expect(cover(content, base + offset, length, position)).toBe(content.mapped - before);
      for (let index = 0; index < length; index += 1) tags[offset + index] = position + index;
      // Sometimes another file writes in between.
      this.#tape += length + (random.once(2) ? 0 : 5);
    }
  }

  expectTags(): void {
    const found = new Int32Array(most).fill(hole);
    let end = this.base;
    for (const { offset, length, tape } of extentsOf(this.content, this.base)) {
      expect(offset).toBe(end);
      end = offset + length;
      for (let index = 0; tape !== "hole" && index < length; index += 1)
        found[offset - this.base + index] = tape + index;
    }
    expect(end).toBe(this.content.size);
    // A deep comparison takes long: only to show the differences.
    if (!found.every((tag, at) => tag === this.tags[at])) expect(found).toEqual(this.tags);
    expect(this.content.mapped).toBe(
      this.tags.reduce((sum, tag) => sum + (tag === hole ? 0 : 1), 0),
    );
  }
}

test.each(seeds)("content says of each byte where it stands on the tape (seed %i)", (seed) => {
  const random = new Random(seed);
  const pair = new Pair();
  for (let step = 0; step < 150; step += 1) {
    pair.change(random);
    if (random.once(5)) pair.expectTags();
  }
});

test.each(seeds)("content at 2^40 costs what it holds, and is as exact (seed %i)", (seed) => {
  const random = new Random(seed);
  const pair = new Pair(2 ** 40 - blockBytes / 2);
  for (let step = 0; step < 150; step += 1) {
    pair.change(random);
    if (random.once(5)) pair.expectTags();
  }
  expect([...entriesOf(pair.content.blocks)].length).toBeLessThanOrEqual(5);
});

test.each(seeds)("extents make the same content again (seed %i)", (seed) => {
  const random = new Random(seed);
  const { content } = changed(new Pair(), random, 60);
  const again = contentFrom(content.size, [...extentsOf(content)]);
  expect(sameContent(again, content)).toBe(true);
  expect(again.mapped).toBe(content.mapped);
  cover(again, 0, 1, 1e9 as TapePosition);
  expect(sameContent(again, content)).toBe(false);
});

test.each(seeds)("changed ranges cover every byte that differs (seed %i)", (seed) => {
  const random = new Random(seed);
  const pair = changed(new Pair(), random, 20);
  const before = { content: copyOf(pair.content), tags: pair.tags.slice() };
  changed(pair, random, 3);

  const ranges = [...changedRanges(before.content, pair.content)];
  const missed = pair.tags.findIndex(
    (tag, at) => tag !== before.tags[at] && !ranges.some(([start, end]) => start <= at && at < end),
  );
  expect(missed, JSON.stringify(ranges)).toBe(-1);
});

function copyOf({ size, mapped, blocks: { height, root } }: Content): Content {
  return new Content(size, mapped, structuredClone({ height, root }));
}

test("a hundred thousand appends in a row are one extent", () => {
  const content = emptyContent();
  for (let write = 0; write < 100_000; write += 1)
    cover(content, write * 7, 7, (write * 7) as TapePosition);
  expect([...extentsOf(content)]).toEqual([{ offset: 0, length: 700_000, tape: 0 }]);
});

test("a read is clipped to the file, and fills its holes with zeros", () => {
  const content = emptyContent();
  cover(content, 3, 2, 100 as TapePosition);
  resize(content, 7);
  const tape = (position: number, length: number, target: Uint8Array, at = 0) => {
    for (let index = 0; index < length; index += 1) target[at + index] = position + index;
  };
  expect([...readContent(content, 0, 100, tape)]).toEqual([0, 0, 0, 100, 101, 0, 0]);
  expect([...readContent(content, 4, 2, tape)]).toEqual([101, 0]);
  expect([...readContent(content, 7, 1, tape)]).toEqual([]);
  expect([...readContent(content, 2 ** 53, 1, tape)]).toEqual([]);
});

test("a read into used memory leaves nothing of it: not in holes, not past the end", () => {
  const content = contentFrom(3 * blockBytes, [
    { offset: 2, length: 2, tape: 10 as TapePosition },
    { offset: blockBytes + 1, length: 1, tape: 20 as TapePosition },
  ]);
  const used = new Uint8Array(4 * blockBytes).fill(0xee);
  readContentInto(content, 0, used, (position, length, target, at = 0) => {
    target.fill(position, at, at + length);
  });
  const expected = new Uint8Array(used.length);
  expected.set([10, 10], 2);
  expected.set([20], blockBytes + 1);
  expect(used).toEqual(expected);
});

function changed(pair: Pair, random: Random, steps: number): Pair {
  for (let step = 0; step < steps; step += 1) pair.change(random);
  return pair;
}
