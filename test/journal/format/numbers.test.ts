import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { ByteReader, ByteWriter } from "../../../journal/format/bytes.ts";
import { crcOf } from "../../../journal/format/crc.ts";
import { noise } from "../support.ts";

test("the checksum of bytes of any length is zlib's, wherever they begin", () => {
  const bytes = Buffer.from(noise(600, 3));
  for (let length = 0; length <= 400; length += 1)
    for (const start of [0, 1, 2, 3, 97])
      expect(crcOf(bytes, start, start + length)).toBe(
        crc32(bytes.subarray(start, start + length)),
      );
  expect(crcOf(Buffer.from("123456789"), 0, 9)).toBe(0xcbf43926);
});

test("a number of 64 bits comes back from its bytes, also where the writer grew; a larger one is refused", () => {
  const writer = new ByteWriter();
  const numbers = [0n, 1n, 0x80000000n, 0x0123456789abcdefn, 2n ** 63n, 2n ** 64n - 1n];
  for (let round = 0; round < 300; round += 1) for (const one of numbers) writer.u64(one);
  const reader = new ByteReader(writer.buffer, 0, writer.at);
  for (let round = 0; round < 300; round += 1)
    for (const one of numbers) expect(reader.u64()).toBe(one);
  expect(writer.buffer.readBigUInt64LE(3 * 8)).toBe(0x0123456789abcdefn);
  expect(() => writer.u64(-1n)).toThrow(RangeError);
  expect(() => writer.u64(2n ** 64n)).toThrow(RangeError);
});
