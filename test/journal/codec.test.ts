import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "../../journal/bytes.ts";
import { decodeEvent, encodeEvent } from "../../journal/codec.ts";
import { openWriter } from "../../journal/index.ts";
import { history, play, tickingClock } from "./support.ts";

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
