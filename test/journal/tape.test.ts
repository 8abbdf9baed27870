import { statSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openReader, openWriter, verify } from "../../journal/index.ts";
import { raw, sealed, segmentBytes, bytesOf } from "../../journal/tape/segment.ts";
import { noise, play, runStart, scratch, tickingClock, writers } from "./support.ts";

const file = scratch();

test("a sealed segment is compressed when that pays, and comes back the same either way", () => {
  const text = Buffer.alloc(segmentBytes, "the quick brown fox ");
  expect(sealed(0, text).coding).toBe(1);
  expect(sealed(0, text).bytes.length).toBeLessThan(1000);
  expect(bytesOf(sealed(0, text)).equals(text)).toBe(true);
  const random = Buffer.from(noise(segmentBytes, 1));
  expect(sealed(0, random).coding).toBe(0);
  expect(bytesOf(sealed(0, random)).equals(random)).toBe(true);
});

test("what is compressed is found without trying: uneven bytes, and pages that repeat", () => {
  const random = Buffer.from(noise(segmentBytes, 2));
  const letters = Buffer.from(random.map((byte) => 97 + (byte % 26)));
  expect(sealed(0, letters).coding).toBe(1);
  const halfText = Buffer.concat([letters.subarray(segmentBytes / 2), random]);
  expect(sealed(0, halfText.subarray(0, segmentBytes)).coding).toBe(1);
  const page = random.subarray(0, 4096);
  const pages = Buffer.concat(Array.from({ length: segmentBytes / page.length }, () => page));
  expect(sealed(0, pages).coding).toBe(1);
});

test("a segment that would decompress to more than a segment is refused", () => {
  const large = sealed(0, Buffer.alloc(2 * segmentBytes));
  expect(large.coding).toBe(1);
  expect(() => bytesOf(large)).toThrow("does not decompress");
  expect(() => bytesOf({ ...raw(0, Buffer.alloc(5)), length: 6 })).toThrow("wrong length");
});

test.for(writers)(
  "writes of every size around a segment's are read back across its borders ($by)",
  ({ by, open }) => {
    const path = file(`borders-${by}.db`);
    const writer = open(path, {
      now: tickingClock(),
      durability: "batch",
      buffering: { cacheBytes: 2 * segmentBytes },
    });
    play(writer, [{ draft: runStart }]);
    const written: Uint8Array[] = [];
    for (const [index, length] of [
      1,
      segmentBytes - 1,
      segmentBytes,
      segmentBytes + 1,
      3 * segmentBytes + 7,
      5,
      0,
      9 * 1024 * 1024,
      9,
    ].entries()) {
      const payload =
        index % 2 === 0 ? noise(length, index + 1) : new Uint8Array(length).fill(index);
      written.push(payload);
      play(writer, [
        { draft: { kind: "write", ino: 2 as never, path: "/a", offset: 0, length }, payload },
      ]);
      if (index % 3 === 0) writer.commit();
    }
    const tape = Buffer.concat(written);
    for (const journal of [
      writer,
      (writer.commit(), writer),
      openReader(path, { buffering: { cacheBytes: segmentBytes } }),
    ]) {
      for (let start = 0; start < tape.length; start += 99_991) {
        for (const length of [1, 1000, 300_000]) {
          const count = Math.min(length, tape.length - start);
          const read = Buffer.alloc(count + 3);
          journal.readTape(start as never, count, read, 3);
          expect(read.subarray(3).equals(tape.subarray(start, start + count))).toBe(true);
        }
      }
    }
    expect(verify(writer)).toMatchObject({ ok: true });
    writer.close();
  },
);

test.for(writers)(
  "a guest that writes much more than fits the limits needs no more memory than they say ($by)",
  { timeout: 60_000 },
  ({ by, open }) => {
    const path = file(`large-${by}.db`);
    const writer = open(path, { durability: "process" });
    play(writer, [{ draft: runStart }]);
    const payload = new Uint8Array(1024 * 1024).fill(7);
    const draft = {
      kind: "write" as const,
      ino: 2 as never,
      path: "/a",
      offset: 0,
      length: payload.length,
    };
    const before = process.memoryUsage().rss;
    for (let index = 0; index < 300; index++) writer.append(draft, payload);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    writer.close();
    expect(statSync(path).size).toBeLessThan(5 * 1024 * 1024);
  },
);

test("the views tell people the same story", () => {
  const path = file("views.db");
  const writer = openWriter(path, { now: () => 1_795_500_000_123_456_789n });
  const name = "new" as never;
  play(writer, [
    { draft: runStart },
    {
      draft: {
        kind: "create",
        ino: 2 as never,
        parent: 1 as never,
        path: "/a",
        name: "a" as never,
      },
    },
    {
      draft: { kind: "write", ino: 2 as never, path: "/a", offset: 3, length: 2 },
      payload: Buffer.from("hi"),
    },
    {
      draft: {
        kind: "rename",
        ino: 2 as never,
        parent: 1 as never,
        path: "/a",
        name: "a" as never,
        toParent: 1 as never,
        toName: name,
        to: "/new",
      },
    },
    { draft: { kind: "run-end", exit: 3 } },
    { draft: { kind: "mark", name: "good", at: 5 as never } },
  ]);
  writer.close();
  const db = new Database(path, { readonly: true });
  const time = "2026-11-24T06:00:00.123456789Z";
  expect(
    db
      .prepare(
        'SELECT seq, time, run, op, path, "to", ino, "offset", length FROM event_log WHERE seq IN (3, 4)',
      )
      .all(),
  ).toStrictEqual([
    { seq: 3, time, run: 1, op: "write", path: "/a", to: null, ino: 2, offset: 3, length: 2 },
    {
      seq: 4,
      time,
      run: 1,
      op: "rename",
      path: "/a",
      to: "/new",
      ino: 2,
      offset: null,
      length: null,
    },
  ]);
  expect(
    db.prepare("SELECT op FROM file_history WHERE ino = 2 ORDER BY seq").pluck().all(),
  ).toStrictEqual(["create", "write", "rename"]);
  expect(db.prepare("SELECT run, kind, guest, exit, first, last FROM run_log").all()).toStrictEqual(
    [{ run: 1, kind: "library", guest: "test", exit: 3, first: 1, last: 5 }],
  );
  expect(db.prepare("SELECT name, at FROM mark_log").all()).toStrictEqual([
    { name: "good", at: 5 },
  ]);
  db.close();
});
