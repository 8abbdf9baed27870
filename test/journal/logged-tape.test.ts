import { randomUUID } from "node:crypto";
import { closeSync, truncateSync } from "node:fs";
import { expect, test } from "vitest";

import {
  JournalError,
  type GuestRecorderOptions,
  type Keeper,
  type KeeperLine,
  type TapePosition,
  openGuestRecorder,
  openKeeper,
  openReader,
  segmentBytes,
  systemClock,
} from "../../journal/index.ts";
import { keeperOptions, lineTo } from "./through-keeper.ts";
import { noise, runStart, scratch } from "./support.ts";

/** Lengths of writes, over and over: tiny ones with records between them, pages, and some longer than a segment. */
const lengths = [1, 70, 4_096, 0, 3, 65_536, 9, 700_000, 20_000, 4_096, 4_096, 300_001];

const path = scratch();

/** A guest's end that keeps one segment in memory; it has no spool, so each other question is for bytes. */
function recording(
  logBounds?: GuestRecorderOptions["logBounds"],
  lineOf: (keeper: Keeper) => KeeperLine = lineTo,
) {
  const file = path(`${randomUUID()}.db`);
  const keeper = openKeeper(file, keeperOptions());
  const [log, logReader] = [keeper.openLog("append"), keeper.openLog("read")];
  const { run } = keeper.record(runStart);
  const asked = { bytes: 0 };
  const line: KeeperLine = {
    ...lineOf(keeper),
    readTape(start, end) {
      asked.bytes += 1;
      return keeper.readTape(start, end);
    },
  };
  const guest = openGuestRecorder(line, {
    ...keeper.situation(run),
    file,
    durability: "process",
    log,
    logReader,
    now: systemClock(),
    logBounds,
    cacheBytes: segmentBytes,
  });
  let written = Buffer.alloc(0);
  return {
    file,
    asked,
    commit: () => guest.commit(),
    /** Writes so many times, and returns all that was written yet. */
    write(times: number): Buffer {
      const parts: Uint8Array[] = [written];
      for (let index = 0; index < times; index += 1) {
        const bytes = noise(lengths[index % lengths.length] ?? 0, index);
        const at = { kind: "write", ino: 2 as never, path: "/a", offset: 0 } as const;
        guest.append({ ...at, length: bytes.length }, bytes);
        parts.push(bytes);
      }
      written = Buffer.concat(parts);
      return written;
    },
    /** Reads ranges of many lengths, of all of the tape, and returns where the first one begins that differs. */
    firstWrong(): number | undefined {
      for (let index = 0; index < 120; index += 1) {
        const start = (index * 7_919_317) % written.length;
        const length = Math.min(written.length - start, (index * 131_071) % 1_500_000);
        const target = Buffer.alloc(length + 2, 1);
        guest.readTape(start as TapePosition, length, target, 1);
        const isRight = target.subarray(1, -1).equals(written.subarray(start, start + length));
        if (!isRight || target[0] !== 1 || target.at(-1) !== 1) return start;
      }
      return undefined;
    },
    [Symbol.dispose]() {
      closeSync(log);
      closeSync(logReader);
      keeper.commit();
      keeper.close();
    },
  };
}

test("a guest reads what it wrote from its log, and asks nobody", () => {
  using guest = recording();
  expect(guest.write(60).length).toBeGreaterThan(20 * segmentBytes);
  expect(guest.firstWrong()).toBe(undefined);
  guest.write(5);
  expect(guest.firstWrong()).toBe(undefined);
  expect(guest.asked.bytes).toBe(0);
});

test("a guest reads what it wrote after its log was begun again, and asks for what that had", () => {
  using guest = recording({ bytes: 3_000_000, records: 1_000 });
  guest.write(50);
  expect(guest.firstWrong()).toBe(undefined);
  expect(guest.asked.bytes).toBeGreaterThan(0);
  guest.commit();
  guest.write(40);
  guest.commit();
  expect(guest.firstWrong()).toBe(undefined);
});

test("a log that is only read stays as it is, and all of it is taken", () => {
  let written: Buffer;
  let file: string;
  {
    using guest = recording();
    written = guest.write(24);
    file = guest.file;
    expect(guest.firstWrong()).toBe(undefined);
  }
  const journal = openReader(file);
  const read = Buffer.alloc(written.length);
  journal.readTape(0 as TapePosition, read.length, read);
  journal.close();
  expect(read.equals(written)).toBe(true);
});

test("a log that was emptied and could not be begun again, as on a full disk, loses nothing", () => {
  let fullFor = 0;
  let file: string;
  let written: Buffer;
  {
    using guest = recording({ bytes: 3_000_000, records: 1_000 }, (keeper) => ({
      ...lineTo(keeper),
      renew() {
        if (fullFor === 0) return keeper.renew();
        fullFor -= 1;
        keeper.commit();
        truncateSync(`${guest.file}-tail`);
        throw new JournalError("full", "the disk is full");
      },
    }));
    file = guest.file;
    guest.write(12);
    fullFor = 1;
    expect(() => guest.commit()).toThrow("the disk is full");
    expect(guest.firstWrong()).toBe(undefined);
    written = guest.write(12);
    expect(guest.firstWrong()).toBe(undefined);
  }
  const journal = openReader(file);
  const read = Buffer.alloc(written.length);
  journal.readTape(0 as TapePosition, read.length, read);
  journal.close();
  expect(read.equals(written)).toBe(true);
});

test("a guest that writes faster than its keeper takes tells it so seldom that a socket holds all of it", () => {
  let told = 0;
  using guest = recording(undefined, (keeper) => ({ ...lineTo(keeper), ring: () => (told += 1) }));
  const start = performance.now();
  const { length } = guest.write(600);
  const most = 1 + (performance.now() - start) / 10 + length / (4 * 1024 * 1024);
  expect(told).toBeGreaterThan(1);
  expect(told).toBeLessThanOrEqual(most);
  expect(guest.firstWrong()).toBe(undefined);
});
