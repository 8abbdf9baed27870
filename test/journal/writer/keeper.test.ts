import { statSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { BreachError, type Event, JournalError, verify } from "../../../journal/index.ts";
import { mounted, noise, scratch } from "../support.ts";
import { mebibyte, begin, write, expectTaken, fileOf, everyKind } from "./begun.ts";
import { some } from "../../support/some.ts";

const file = scratch();

test.for(some(everyKind))(
  "a log that is begun again many times while it grows loses and doubles nothing: %s",
  (durability) => {
    const logBounds = { bytes: 4 * mebibyte, records: 1_000 };
    using begun = begin(file(`renewed-${durability}.db`), { durability, logBounds });
    const { guest, keeper } = begun;
    const largest: number[] = [];
    for (let index = 0; index < 30; index++) {
      const payload = noise(index % 7 === 0 ? 3 * mebibyte : 400_000, index + 1);
      const { seq } = write(guest, payload);
      expect(seq).toBe(index + 2);
      largest.push(statSync(`${begun.path}-tail`).size);
      const read = Buffer.alloc(payload.length);
      const tape = (guest.head(), keeper.commit());
      guest.readTape((tape - payload.length) as never, payload.length, read);
      expect(read.equals(payload)).toBe(true);
    }
    expect(Math.max(...largest)).toBeLessThan(8 * mebibyte);
    keeper.record({ kind: "run-end", exit: 0 });
    expectTaken(begun, 32);
  },
);

test("a log is begun again after many small events, too", () => {
  using begun = begin(file("many.db"), { logBounds: { bytes: mebibyte, records: 100 } });
  for (let index = 0; index < 250; index += 1) write(begun.guest, fileOf(10));
  expect(begun.keeper.commit()).toBe(2_500);
  const { size } = statSync(`${begun.path}-tail`);
  expect(size).toBeGreaterThan(50 * 10);
  expect(size).toBeLessThan(100 * 100);
  expectTaken(begun, 251);
});

test("a commit empties the log, but not of what only the log has on disk", () => {
  using begun = begin(file("waits.db"), { logBounds: { bytes: mebibyte, records: 100 } });
  const { guest, keeper } = begun;
  const logged = (): number => statSync(`${begun.path}-tail`).size;
  write(guest, noise(200_000, 1));
  guest.commit();
  expect(logged()).toBeLessThan(100);
  // The first sync is the keeper's, the second the log's.
  for (const seed of [2, 3]) {
    write(guest, noise(200_000, seed));
    guest.sync();
  }
  guest.commit();
  expect(logged()).toBeGreaterThan(400_000);
  expect(keeper.journal.head()).toBe(4);
  expectTaken(begun, 4);
});

test("a guest reads what it wrote from the log through the keeper when its own memory is full", () => {
  using begun = begin(file("beyond-the-cache.db"));
  const { guest, keeper } = begun;
  const payloads = Array.from({ length: 24 }, (_, index) => noise(400_000, index + 1));
  for (const payload of payloads) write(guest, payload);
  // Nothing asked for a commit, and nobody rang.
  expect(keeper.journal.head()).toBe(1);
  const read = Buffer.alloc(400_000);
  for (const [index, payload] of payloads.entries()) {
    guest.readTape((index * 400_000) as never, 400_000, read);
    expect(read.equals(payload)).toBe(true);
  }
  expectTaken(begun, 25);
});

test("a record larger than what is read at once is taken; one above the bound is a breach before memory is taken for it", () => {
  using begun = begin(file("large.db"), { mostRecordBytes: 6 * mebibyte });
  const { guest, keeper } = begun;
  write(guest, fileOf(5 * mebibyte));
  write(guest, fileOf(100));
  keeper.take();
  write(guest, fileOf(7 * mebibyte));
  expect(() => keeper.take()).toThrow(BreachError);
  expectTaken(begun, 3);
});

test("a guest that goes on with a tape whose last segment is not full reads what stands there", () => {
  const path = file("goes-on.db");
  for (const [index, length] of [10, 300_000, 5].entries()) {
    using begun = begin(path);
    const { guest, keeper } = begun;
    const before = keeper.commit();
    write(guest, noise(length, index + 1));
    const read = Buffer.alloc(before + length);
    guest.readTape(0 as never, read.length, read);
    keeper.commit();
    expect(read.equals(keeper.readTape(0, read.length))).toBe(true);
    keeper.record({ kind: "run-end", exit: 0 });
  }
  expect(verify(path)).toMatchObject({ ok: true, events: 9 });
});

test("no tape is given from past its end, and none is made room for", () => {
  using begun = begin(file("past-the-end.db"));
  const { guest, keeper } = begun;
  write(guest, fileOf(1_000));
  keeper.commit();
  for (const [start, end] of [
    [0, 1_001],
    [2 ** 40, 2 ** 40 + mebibyte],
    [-1, 5],
  ] as const)
    expect(() => keeper.readTape(start, end)).toThrow(JournalError);
  expect(keeper.readTape(0, 1_000).equals(fileOf(1_000))).toBe(true);
});

test("a write that a full disk cut short is refused, and the next one succeeds when there is room", ({
  skip,
}) => {
  const disk = mounted("3m");
  if (disk === undefined) return skip("mounting is not permitted here");
  using begun = begin(`${disk.directory}/journal.db`);
  const { guest, keeper } = begun;
  let taken = 1;
  const refusal = (() => {
    for (;;) {
      try {
        write(guest, noise(150_000, taken));
        taken += 1;
      } catch (error) {
        return error;
      }
    }
  })();
  expect(refusal).toMatchObject({ code: "full" });
  expect(guest.head()).toBe(taken);
  // The rest of the record is never taken for one, and while the disk is full all others are refused.
  keeper.take();
  expect(() => write(guest, noise(mebibyte, 1))).toThrow(JournalError);

  disk.remount("size=24m");
  expect(write(guest, fileOf(2_000)).seq).toBe(taken + 1);
  keeper.record({ kind: "run-end", exit: (keeper.commit(), 0) });
  expectTaken(begun, taken + 2);
});

test("a keeper looks up from events that take long, and can leave the rest", () => {
  // A clock by which only the judging of events takes time, however busy the machine is.
  let milliseconds = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => milliseconds);
  onTestFinished(() => clock.mockRestore());
  const admitted: Event[] = [];
  using begun = begin(file("breath.db"), {
    admit(event) {
      admitted.push(event);
      milliseconds += 30;
    },
    breathe() {
      throw new BreachError("enough");
    },
  });
  for (const size of [1, 2, 3]) write(begun.guest, fileOf(size));
  expect(() => begun.keeper.take()).toThrow("enough");
  // After the first one it was too early.
  expect(admitted).toHaveLength(2);
  // Everything taken before stands, and nothing more is taken.
  begun.keeper.commit();
  expect(begun.keeper.journal.head()).toBe(3);
});
