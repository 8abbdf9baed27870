import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter, copyBytes } from "../../../journal/format/bytes.ts";
import { decodeEvent, encodeEvent } from "../../../journal/format/codec.ts";
import { openWriter } from "../../../journal/index.ts";
import { history, play, tickingClock } from "../support.ts";

test("every event comes back from its bytes", () => {
  const writer = new ByteWriter();
  fc.assert(
    fc.property(history(), (steps) => {
      const journal = openWriter(":memory:", { now: tickingClock() });
      for (const event of play(journal, steps)) {
        writer.at = 0;
        encodeEvent(writer, event, journal.tapeLength(event.seq));
        const decoded = decodeEvent(Buffer.from(writer.buffer.subarray(0, writer.at)));
        expect(decoded.event).toStrictEqual(event);
        expect(decoded.tapeAfter).toBe(journal.tapeLength(event.seq));
      }
      journal.close();
    }),
    { numRuns: 60 },
  );
});

test("bytes of an event that are cut short or go on too long are refused", () => {
  const writer = new ByteWriter();
  const journal = openWriter(":memory:", { now: tickingClock() });
  const [steps] = fc.sample(history(), { numRuns: 1, seed: 1 });
  for (const event of play(journal, steps ?? [])) {
    writer.at = 0;
    encodeEvent(writer, event, 0);
    const whole = Buffer.from(writer.buffer.subarray(0, writer.at));
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeEvent(whole.subarray(0, length))).toThrow();
    }
    expect(() => decodeEvent(Buffer.concat([whole, Buffer.alloc(1)]))).toThrow();
  }
  journal.close();
});

test("bytes are copied as they are, from and into shared memory, at any place", () => {
  const shared = () => Buffer.from(new SharedArrayBuffer(64));
  const own = () => Buffer.alloc(64);
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      fc.constantFrom([shared, own], [own, shared], [shared, shared], [own, own]),
      fc.nat(63),
      fc.nat(63),
      fc.nat(64),
      (bytes, [newSource, newTarget], start, at, most) => {
        const [source, target] = [newSource(), newTarget()];
        source.set(bytes);
        const count = Math.min(most, 64 - start, 64 - at);
        copyBytes(source, start, start + count, target, at);
        const expected = Buffer.alloc(64);
        expected.set(bytes.subarray(start, start + count), at);
        expect(target).toStrictEqual(expected);
      },
    ),
  );
});
