import { closeSync, copyFileSync, openSync, rmSync, writeSync } from "node:fs";
import { expect, test } from "vitest";
import {
  type Durability,
  type Event,
  JournalError,
  type LeftTail,
  openReader,
  openWriter,
  type Seq,
  verify,
} from "../../../journal/index.ts";
import { mounted, noise, play, runStart, scratch, tickingClock, writers } from "../support.ts";

const file = scratch();

const modes: readonly Durability[] = ["process", "batch", "power"];
const cases = modes.flatMap((durability) => writers.map((one) => ({ ...one, durability })));

for (const { durability, by, open } of cases) {
  test(`a full disk refuses an event and leaves the journal as it was: ${durability}, ${by}`, ({
    skip,
  }) => {
    const disk = mounted("3m");
    if (disk === undefined) return skip("mounting is not permitted here");
    const path = `${disk.directory}/journal.db`;
    const writer = open(path, {
      durability,
      now: tickingClock(),
      buffering: { batchEvents: 20, batchNanoseconds: 1_000_000_000_000n },
    });
    const events: Event[] = play(writer, [{ draft: runStart }]);
    const refusals = fill();
    expect(refusals).toBeGreaterThan(0);
    if (durability !== "batch") {
      for (const suffix of ["", "-wal", "-tail"])
        copyFileSync(path + suffix, file(`${durability}-${by}.db${suffix}`));
    }

    // Space is made, also for events that wait between the threads: they are committed, and appending goes on.
    disk.remount("size=24m");
    for (let more = 0; more < 30; more++) append(3000, more);
    writer.commit();
    expect(writer.events(1 as Seq, 10_000 as Seq)).toStrictEqual(events);
    expect(verify(writer)).toMatchObject({ ok: true, events: events.length });
    writer.close();

    if (durability === "batch") return;
    const survivor = openWriter(file(`${durability}-${by}.db`));
    expect(survivor.events(1 as Seq, 10_000 as Seq)).toStrictEqual(events.slice(0, -30));
    expect(verify(survivor)).toMatchObject({ ok: true });
    survivor.close();

    /** Appends until 20 appends were refused; large ones first, so that small ones still fit after a refusal. */
    function fill(): number {
      let refused = 0;
      for (let index = 0; refused < 20; index++) {
        const before = { head: writer.head(), tape: writer.tapeLength(writer.head()) };
        try {
          append(refused === 0 ? 20_000 : 20_000 >> refused, index);
        } catch (error) {
          if (!(error instanceof JournalError)) throw error;
          expect(error.code).toBe("full");
          expect(error.message).toMatch(
            /^Cannot write .*: the disk is full, or a quota is used up\.$/,
          );
          expect({ head: writer.head(), tape: writer.tapeLength(writer.head()) }).toStrictEqual(
            before,
          );
          refused++;
        }
      }
      return refused;
    }

    function append(length: number, seed: number): void {
      const payload = noise(Math.max(1, length), seed + 1);
      const draft = {
        kind: "write" as const,
        ino: 2 as never,
        path: "/a",
        offset: 0,
        length: payload.length,
      };
      events.push(writer.append(draft, payload));
    }
  });
}

test("what a killed writer left is read on a full disk, and it is told what cannot be taken over", ({
  skip,
}) => {
  const disk = mounted("2m");
  if (disk === undefined) return skip("mounting is not permitted here");
  const path = file("left.db");
  const writer = openWriter(path, { now: tickingClock() });
  const events: Event[] = play(writer, [{ draft: runStart }]);
  writer.commit();
  play(writer, [{ draft: { kind: "run-end", exit: 0 } }]);
  const there = `${disk.directory}/left.db`;
  for (const suffix of ["", "-wal", "-shm", "-tail"]) copyFileSync(path + suffix, there + suffix);
  writer.close();
  const ballast = openSync(`${disk.directory}/ballast`, "w");
  expect(() => {
    for (;;) writeSync(ballast, Buffer.alloc(4096));
  }).toThrow("ENOSPC");
  closeSync(ballast);

  const left: LeftTail[] = [];
  const reader = openReader(there, { onLeft: (one) => left.push(one) });
  expect(reader.events(1 as Seq, 10 as Seq)).toStrictEqual(events);
  reader.close();
  expect(left).toMatchObject([
    { events: 1, reason: "the disk is full", hint: expect.stringMatching(/^make room;/) },
  ]);

  rmSync(`${disk.directory}/ballast`);
  const later = openReader(there);
  expect(later.events(1 as Seq, 10 as Seq)).toHaveLength(2);
  later.close();
});
