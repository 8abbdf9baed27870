import { closeSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import Database from "better-sqlite3";
import { expect, test } from "vitest";

import {
  type Keeper,
  type Recorder,
  type TapePosition,
  openGuestRecorder,
  openKeeper,
  openWriter,
  segmentBytes,
  systemClock,
} from "../../../journal/index.ts";
import { TapeSpool } from "../../../src/run/keeper/tape/spool.ts";
import { keeperOptions, lineTo } from "../../journal/through-keeper.ts";
import { mounted, noise, runStart } from "../../journal/support.ts";

const segments = 24;

/** A guest's end that reads through a spool, and the keeper of a journal in which an earlier run wrote much. */
interface Reading extends Disposable {
  readonly guest: Recorder;
  readonly keeper: Keeper;
  readonly path: string;
  readonly spool: TapeSpool;
  /** Counts questions to put something into the spool, and for bytes. */
  readonly asked: { spool: number; bytes: number };
  /** Reads at the guest's end. */
  read(start: number, length: number): Buffer;
}

/** Damages a segment of the tape in a journal's file. */
function damage(path: string, segment: number): void {
  using db = closing(new Database(path));
  db.prepare("UPDATE segment SET bytes = zeroblob(length(bytes)) WHERE start = ?").run(segment);
}

interface Options {
  readonly limit?: number;
  /** Folder for the spool, instead of the journal's. */
  readonly folder?: string;
  readonly visible?: { readonly start: number; readonly end: number };
  readonly damaged?: number;
}

function reading({ limit, folder, visible, damaged }: Options = {}): Reading {
  const own = mkdtempSync(join(tmpdir(), "rewindfs-spool-"));
  const path = join(own, "journal.db");
  writeBefore(path);
  if (damaged !== undefined) damage(path, damaged);
  const keeper = openKeeper(path, keeperOptions());
  const log = keeper.openLog("append");
  const { run } = keeper.record(runStart);
  const beside = folder === undefined ? path : join(folder, "beside");
  if (folder !== undefined) writeFileSync(beside, "");
  const spool = new TapeSpool(beside, limit);
  const asked = { spool: 0, bytes: 0 };
  const ranges = [visible ?? { start: 0, end: segments * segmentBytes }];
  const tape = { ranges, own: keeper.tapeLength() };
  const line = {
    ...lineTo(keeper),
    readTape(start: number, end: number) {
      asked.bytes += 1;
      return keeper.readTape(start, end);
    },
    hold(start: number, end: number) {
      asked.spool += 1;
      const answer = spool.answer(keeper, tape, start, end);
      return { end: answer.readDoubleLE(0), epoch: answer.readDoubleLE(8) };
    },
  };
  const guest = openGuestRecorder(line, {
    ...keeper.situation(run),
    file: path,
    durability: "process",
    log,
    now: systemClock(),
    cacheBytes: 2 * segmentBytes,
    ...(spool.reader === undefined ? {} : { spool: spool.reader }),
  });
  asked.bytes = 0;
  return {
    guest,
    keeper,
    path,
    spool,
    asked,
    read(start, length) {
      const target = Buffer.alloc(length + 2, 1);
      guest.readTape(start as TapePosition, length, target, 1);
      expect([target[0], target.at(-1)]).toEqual([1, 1]);
      return target.subarray(1, -1);
    },
    [Symbol.dispose]() {
      spool[Symbol.dispose]();
      closeSync(log);
      keeper.close();
      rmSync(own, { recursive: true });
    },
  };
}

function closing(db: Database.Database): Database.Database & Disposable {
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() });
}

/** The bytes of an earlier run: some segments that compress, some that do not, and one that is not full. */
const before = Buffer.concat([
  noise((segments / 2) * segmentBytes, 1),
  Buffer.alloc((segments / 2) * segmentBytes, "one line and another\n"),
  noise(1_000, 2),
]);

function writeBefore(path: string): void {
  const writer = openWriter(path, { durability: "batch" });
  writer.append(runStart);
  const on = { kind: "write", ino: 2 as never, path: "/a", offset: 0 } as const;
  for (let at = 0; at < before.length; at += 1_000_000) {
    const bytes = before.subarray(at, at + 1_000_000);
    writer.append({ ...on, length: bytes.length }, bytes);
  }
  writer.append({ kind: "run-end", exit: 0 });
  writer.close();
}

test("a guest reads through the spool what stands on the tape, and asks once for what it has read", () => {
  using tape = reading();
  const ranges = Array.from({ length: 300 }, (_, index) => {
    const start = (index * 7_919_317) % (before.length - 1);
    return [start, Math.min(before.length - start, (index * 131_071) % 1_500_000)] as const;
  });
  for (const [start, length] of ranges)
    expect(tape.read(start, length).equals(before.subarray(start, start + length))).toBe(true);
  expect(tape.asked.spool).toBeGreaterThan(0);
  expect(tape.asked.spool).toBeLessThanOrEqual(segments);
  const after = { ...tape.asked };
  for (const [start, length] of ranges) tape.read(start, length);
  expect(tape.asked).toEqual(after);
  expect(after.bytes).toBe(0);
});

test("a guest that reads from end to end has ever more put there with one question", () => {
  using tape = reading();
  for (let at = 0; at < before.length; at += 4_096)
    expect(tape.read(at, Math.min(4_096, before.length - at))).toEqual(
      before.subarray(at, at + 4_096),
    );
  expect(tape.asked.spool).toBeLessThan(segments / 2);
  // Small reads in a row, from any place on, also over the border of a segment, and then elsewhere.
  for (const from of [segmentBytes - 10_000, 3, 2 * segmentBytes - 8_192, 70_000]) {
    for (let at = from; at < from + 150_000; at += 1_001)
      expect(tape.read(at, 1_001)).toEqual(before.subarray(at, at + 1_001));
    expect(tape.read(from, 8_192)).toEqual(before.subarray(from, from + 8_192));
  }
});

test("a spool that may take little is begun again, and the guest reads on", () => {
  using tape = reading({ limit: segmentBytes });
  for (let index = 0; index < 200; index += 1) {
    const start = (index * 5 * segmentBytes + index) % (before.length - 5_000);
    expect(tape.read(start, 5_000)).toEqual(before.subarray(start, start + 5_000));
  }
  expect(tape.asked.spool).toBeGreaterThan(segments);
});

test("a guest reads on where the spool's disk is full, and where none can be made", ({ skip }) => {
  const place = mounted("1m");
  if (place === undefined) return skip("nothing may be mounted here");
  for (const fill of [0, 2 * segmentBytes]) {
    using tape = reading({ folder: place.directory });
    writeFileSync(join(place.directory, "full"), Buffer.alloc(fill));
    for (let at = 0; at < before.length; at += 99_991)
      expect(tape.read(at, 100)).toEqual(before.subarray(at, at + 100));
    expect(tape.asked.bytes).toBeGreaterThan(0);
    expect(tape.spool.reader).toBe(undefined);
  }
});

test("a guest reads on from the keeper when the spool is gone", () => {
  using tape = reading();
  tape.read(0, 10);
  tape.spool[Symbol.dispose]();
  const at = 5 * segmentBytes;
  expect(tape.read(at, 10)).toEqual(before.subarray(at, at + 10));
  expect(tape.read(0, 10)).toEqual(before.subarray(0, 10));
});

test("what a guest may not see stands in the spool as zeros", () => {
  const [start, end] = [segmentBytes - 10, segmentBytes + 10];
  using tape = reading({ visible: { start, end } });
  const read = tape.read(0, 3 * segmentBytes);
  const seen = Buffer.alloc(read.length);
  before.copy(seen, start, start, end);
  expect(read.equals(seen)).toBe(true);
});

test("a damaged segment is told where it is read, and not where it would be read ahead", () => {
  const damaged = 3 * segmentBytes;
  using tape = reading({ damaged });
  for (let at = 0; at < damaged; at += 8_192)
    expect(tape.read(at, 8_192)).toEqual(before.subarray(at, at + 8_192));
  expect(() => tape.read(damaged, 10)).toThrow("checksum");
  const after = damaged + segmentBytes;
  expect(tape.read(after, 10)).toEqual(before.subarray(after, after + 10));
});

test("segments after those of a guest that reads in a row are decoded before it asks for them", async () => {
  using tape = reading();
  const read = (segment: number) => {
    const at = segment * segmentBytes;
    return tape.read(at, 10).equals(before.subarray(at, at + 10));
  };
  expect([0, 1, 2, 3].map(read)).toEqual([true, true, true, true]);
  const questions = tape.asked.spool;
  for (let turns = 0; turns < segments; turns += 1) await turn();
  // With the last question it gave all before the 7th, and then had time for three more.
  for (let segment = 7; segment < segments; segment += 1) damage(tape.path, segment * segmentBytes);
  expect([7, 8, 9].map(read)).toEqual([true, true, true]);
  expect(tape.asked.spool).toBe(questions + 1);
  expect(() => read(segments - 1)).toThrow("checksum");
});
