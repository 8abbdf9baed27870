import { expect, test } from "vitest";

import type { TapePosition } from "../../../journal/index.ts";
import {
  type MutableBlock,
  type Piece,
  cut,
  eachPiece,
  mappedIn,
  newBlock,
  piecesIn,
  put,
  sameBlock,
} from "../../../src/fs/tree/block.ts";
import { Random, seedOf } from "../../support/random.ts";

const seeds = Array.from({ length: 6 }, (_, index) => seedOf() + index);
/** So few places that the edges of changes meet all the time. */
const most = 24;
/** Offsets in a file need more than 32 bits, and so do positions on the tape. */
const bases = [0, 2 ** 40];

test.each(seeds)("a block says of each byte where it stands on the tape (seed %i)", (seed) => {
  for (const base of bases) {
    const random = new Random(seed);
    const [block, tags] = start(random, base);
    for (let step = 0; step < 400; step += 1) {
      const before = mapped(tags);
      const change = step % 8 === 7 ? cutSome : putSome;
      expect(change(random, block, tags, base)).toBe(mapped(tags) - before);
      expect(tagsOf(block, base)).toEqual(tags);
      expect(mappedIn(block)).toBe(mapped(tags));
    }
  }
});

test.each(seeds)("what meets a range is clipped to it (seed %i)", (seed) => {
  const random = new Random(seed);
  const [block, tags] = start(random, 0);
  for (let step = 0; step < 200; step += 1) {
    putSome(random, block, tags, 0);
    const from = random.below(most);
    const to = from + random.below(most - from + 1);
    const within = tags.map((tag, at) => (at >= from && at < to ? tag : undefined));
    expect(tagsOf(block, 0, from, to)).toEqual(within);
    expect(mappedIn(block, from, to)).toBe(mapped(within));
  }
});

test.each(seeds)("the same bytes are the same block, however it came about (seed %i)", (seed) => {
  const random = new Random(seed);
  const [block, tags] = start(random, 0);
  let seen = 0;
  for (let step = 0; step < 300; step += 1) {
    (random.once(8) ? cutSome : putSome)(random, block, tags, 0);
    const pieces = piecesIn(block, 0, most);
    seen += pieces.length;
    const again: MutableBlock = [];
    while (pieces.length > 0) {
      const [{ offset, length, tape }] = pieces.splice(random.below(pieces.length), 1) as [Piece];
      // In two parts, the later one first.
      const half = random.below(length);
      put(again, offset + half, offset + length, (tape + half) as TapePosition);
      if (half > 0) put(again, offset, offset + half, tape);
    }
    expect(again).toEqual(block);
    expect(sameBlock(again, block)).toBe(true);
    const offset = random.pick([0, most + 1]);
    put(again, offset, offset + 1, 1e6 as TapePosition);
    expect(sameBlock(again, block)).toBe(false);
    expect(sameBlock(block, again)).toBe(false);
  }
  expect(seen).toBeGreaterThan(300);
});

test("a block of which all was cut is empty", () => {
  const block = newBlock(3, 9, 100 as TapePosition);
  put(block, 12, 15, 200 as TapePosition);
  expect(cut(block, 15)).toBe(0);
  expect(cut(block, 1)).toBe(-9);
  expect(block).toEqual([]);
});

type Tags = (number | undefined)[];

/** Makes a block of one piece, and the place of each of its bytes. */
function start(random: Random, base: number): [MutableBlock, Tags] {
  const from = random.below(most);
  const tags: Tags = Array.from({ length: most });
  tags[from] = base;
  return [newBlock(base + from, base + from + 1, base as TapePosition), tags];
}

/** Picks positions from a few, so that pieces often continue each other. */
function putSome(random: Random, block: MutableBlock, tags: Tags, base: number): number {
  const from = random.below(most);
  const to = from + 1 + random.below(most - from);
  const tape = base + (random.once(2) ? from : random.below(3) * 100);
  for (let at = from; at < to; at += 1) tags[at] = tape + (at - from);
  return put(block, base + from, base + to, tape as TapePosition);
}

function cutSome(random: Random, block: MutableBlock, tags: Tags, base: number): number {
  const from = random.below(most);
  tags.fill(undefined, from);
  const change = cut(block, base + from);
  // A file drops an empty block.
  if (block.length === 0) {
    block.push(...newBlock(base, base + 1, base as TapePosition));
    tags[0] = base;
    return change + 1;
  }
  return change;
}

function tagsOf(block: MutableBlock, base: number, from = 0, to = most): Tags {
  const tags: Tags = Array.from({ length: most });
  let end = base + from;
  const keep = (offset: number, length: number, tape: number) => {
    expect(offset).toBeGreaterThanOrEqual(end);
    expect(length).toBeGreaterThan(0);
    end = offset + length;
    for (let at = 0; at < length; at += 1) tags[offset - base + at] = tape + at;
  };
  eachPiece(block, keep, base + from, base + to);
  return tags;
}

function mapped(tags: Tags): number {
  return tags.filter((tag) => tag !== undefined).length;
}
