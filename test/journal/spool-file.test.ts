import { readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { expect, test, vi } from "vitest";
import { type Journal, openReader, openWriter, redact } from "../../journal/index.ts";
import { segmentBytes } from "../../journal/tape/segment.ts";
import { SpoolFile } from "../../journal/tape/spool-file.ts";
import { mounted, noise, runStart, scratch } from "./support.ts";

const file = scratch();
const segments = 8;
const tape = noise(segments * segmentBytes + 1_000, 1);

function record(path: string): string {
  const writer = openWriter(path, { durability: "batch" });
  writer.append(runStart);
  const on = { kind: "write", ino: 2 as never, path: "/a", offset: 0 } as const;
  writer.append({ ...on, length: tape.length }, tape);
  writer.append({ kind: "run-end", exit: 0 });
  writer.close();
  return path;
}

function readPages(journal: Journal): void {
  const page = Buffer.alloc(4_096);
  for (let at = 0; at + page.length <= segments * segmentBytes; at += 61_441) {
    journal.readTape(at as never, page.length, page);
    expect(page.equals(tape.subarray(at, at + page.length))).toBe(true);
  }
}

/** Makes all whole segments of a journal unreadable. */
function damage(path: string): void {
  const db = new Database(path);
  db.prepare("UPDATE segment SET crc = crc + 1 WHERE length = ?").run(segmentBytes);
  db.close();
}

const buffering = { cacheBytes: segmentBytes };

test.for([
  ["reader", (path: string) => openReader(path, { buffering })],
  ["writer", (path: string) => openWriter(path, { buffering })],
] as const)(
  "a %s decodes no segment more than twice, however little it keeps in memory",
  ([, open]) => {
    const path = record(file(`twice-${Math.random()}.db`));
    const descriptors = readdirSync("/proc/self/fd").length;
    const journal = open(path);
    readPages(journal);
    readPages(journal);
    damage(path);
    readPages(journal);
    journal.close();
    expect(readdirSync("/proc/self/fd").length).toBe(descriptors);
    expect(readdirSync(dirname(path)).filter((name) => name.startsWith("rewindfs-"))).toEqual([]);
    const again = open(path);
    expect(() => readPages(again)).toThrow("checksum");
    again.close();
  },
);

test("a reader that was open before a redaction keeps nothing of what was removed", async () => {
  const path = record(file("redacted.db"));
  const kept = [{ cacheBytes: 16 * segmentBytes }, buffering].map((one) =>
    openReader(path, { buffering: one }),
  );
  for (const journal of kept) {
    readPages(journal);
    readPages(journal);
  }
  redact(path, { what: "/a", choose: () => [{ start: 0 as never, length: tape.length }] });
  const text = Buffer.alloc(30);
  for (const journal of kept) {
    await vi.waitFor(() => {
      journal.readTape(0 as never, text.length, text);
      expect(text.toString()).toBe("[redacted]".repeat(3));
    });
    for (let index = 0; index < segments; index += 1) {
      journal.readTape((index * segmentBytes) as never, text.length, text);
      expect(text.toString()).toContain("[redacted]");
    }
    journal.close();
  }
});

test("a journal that is read from end to end makes no file for it", () => {
  const path = record(file("once.db"));
  const journal = openReader(path, { buffering });
  readPages(journal);
  damage(path);
  expect(() => readPages(journal)).toThrow("checksum");
  journal.close();
});

test("a spool holds what it was given, drops all when that is too much, and nothing where its disk is full", ({
  skip,
}) => {
  const whole = (start: number): Buffer => Buffer.from(tape.subarray(start, start + segmentBytes));
  using spool = new SpoolFile(dirname(file("x")), 20 * segmentBytes);
  const page = Buffer.alloc(10);
  for (let index = 0; index < 40; index += 1) {
    const start = (index % segments) * segmentBytes + Math.floor(index / segments) * 1e9;
    const first = start - (start % segmentBytes);
    spool.makeRoomFor(segmentBytes);
    expect(spool.put(first, whole((index % segments) * segmentBytes))).toBe(true);
    spool.read(first + 5, first + 10, page, 3);
    const at = (index % segments) * segmentBytes + 5;
    expect(page.subarray(3, 8).equals(tape.subarray(at, at + 5))).toBe(true);
  }
  expect(spool.epoch).toBe(1);
  expect(spool.has(0)).toBe(false);
  const place = mounted("1m");
  if (place === undefined) return skip("nothing may be mounted here");
  writeFileSync(`${place.directory}/full`, Buffer.alloc(3 * segmentBytes));
  using full = new SpoolFile(place.directory, 1e9);
  full.makeRoomFor(segmentBytes);
  expect([full.put(0, whole(0)), full.put(segmentBytes, whole(0))]).toEqual([true, false]);
  expect([full.has(0), full.epoch, full.reader()]).toEqual([false, 1, undefined]);
});
