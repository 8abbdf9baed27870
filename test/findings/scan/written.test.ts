import { expect, test } from "vitest";

import type { Event } from "../../../journal/index.ts";
import { WrittenTexts } from "../../../src/findings/scan/written.ts";

const write = (seq: number, offset: number, length: number) =>
  ({
    kind: "write",
    seq,
    time: 1n,
    run: 1,
    ino: 2,
    path: "/f",
    offset,
    length,
    tape: 0,
  }) as Event & {
    readonly kind: "write";
  };

test("a file whose first piece is full goes on with the next write, wherever that goes", () => {
  const texts = new WrittenTexts(
    (_, length, target, at = 0) => void target.fill(0x61, at, at + length),
    () => false,
  );
  expect(texts.add(write(1, 0, 64 * 1024))).toHaveLength(1);
  const pieces = [...texts.add(write(2, 1 << 20, 10)), ...texts.end()];
  const ends = pieces.map(({ length, read }) => {
    const bytes = Buffer.alloc(length);
    read(bytes);
    return bytes.toString("latin1").slice(-12);
  });
  expect(ends).toEqual([`a\0${"a".repeat(10)}`]);
});
