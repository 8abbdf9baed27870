import { expect, test } from "vitest";

import { ByteReader, ByteWriter } from "../../../src/history/base/bytes.ts";

test.each([0n, 1n, 2n ** 40n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n])(
  "a time is read as it was written: %s",
  (time) => {
    for (const reference of [0n, time, time + 5n, 2n ** 62n]) {
      const writer = new ByteWriter();
      writer.time(time, reference);
      expect(new ByteReader(writer.toBytes()).time(reference)).toBe(time);
    }
  },
);
