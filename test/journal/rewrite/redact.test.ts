import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Event,
  type Journal,
  openReader,
  openWriter,
  redact,
  type Seq,
  type TapeSpan,
  verify,
} from "../../../journal/index.ts";
import { segmentBytes } from "../../../journal/tape/segment.ts";
import { attempts } from "../../support/scale.ts";
import { history, mounted, noise, play, runStart, scratch, tickingClock } from "../support.ts";

const file = scratch();
const secret = Buffer.from("hunter2, and nobody is to know it");

function writeStep(ino: number, bytes: Uint8Array) {
  const draft = { kind: "write" as const, ino: ino as never, path: `/${ino}`, offset: 0 };
  return { draft: { ...draft, length: bytes.length }, payload: bytes };
}

/** Makes a journal with these payloads, each of them a commit. */
function recorded(name: string, payloads: readonly Uint8Array[]): string {
  const writer = openWriter(file(name), { now: tickingClock() });
  play(writer, [{ draft: runStart }]);
  for (const payload of payloads) play(writer, [writeStep(2, payload), "commit"]);
  play(writer, [{ draft: { kind: "run-end", exit: 0 } }]);
  writer.close();
  return file(name);
}

function writesOf(journal: Journal): Extract<Event, { kind: "write" }>[] {
  const all = journal.events(1 as Seq, journal.head());
  return all.filter((event) => event.kind === "write");
}

const spanOf = ({ tape, length }: { tape: TapeSpan["start"]; length: number }): TapeSpan => ({
  start: tape,
  length,
});

function bytesAt(journal: Journal, { tape, length }: { tape: TapeSpan["start"]; length: number }) {
  const bytes = Buffer.alloc(length);
  journal.readTape(tape, length, bytes);
  return bytes;
}

/** Reads everything in the directory of a journal, as bytes. */
function filesBeside(path: string): [string, Buffer][] {
  return readdirSync(dirname(path))
    .filter((name) => join(dirname(path), name).startsWith(path))
    .map((name) => [name, readFileSync(join(dirname(path), name))]);
}

test("redacted bytes are in no file any more, wherever on the tape they stood", () => {
  const around = noise(segmentBytes - 20, 7);
  const path = recorded("gone.db", [secret, around, secret, secret, noise(90_000, 8), secret]);
  expect(readFileSync(path).includes(secret)).toBe(true);
  redact(path, {
    what: "/2",
    choose: (journal) =>
      writesOf(journal)
        .filter(({ length }) => length === secret.length)
        .map(spanOf),
  });
  const files = filesBeside(path);
  expect(files.map(([name]) => name)).toEqual(["gone.db"]);
  for (const [, bytes] of files) {
    expect(bytes.includes(secret)).toBe(false);
    expect(bytes.includes(secret.subarray(3, 15))).toBe(false);
  }
  const reader = openReader(path);
  const texts = writesOf(reader).map((event) => bytesAt(reader, event));
  expect(texts[0]?.toString()).toBe("[redacted][redacted][redacted][re");
  expect(texts[1]?.equals(around)).toBe(true);
  expect(texts[2]).toEqual(texts[0]);
  expect(reader.runs().at(-1)).toMatchObject({
    start: { cause: "redact", guest: "/2", args: ["4", String(4 * secret.length)] },
    end: { exit: 0 },
  });
  reader.close();
});

test("the chain goes on to prove the rest, and a digest that was kept before still counts", () => {
  const path = recorded("chain.db", [secret, noise(50, 1)]);
  const before = verify(path);
  redact(path, { what: "/2", choose: (journal) => writesOf(journal).slice(0, 1).map(spanOf) });
  expect(verify(path, { head: before.head })).toMatchObject({
    ok: true,
    headAt: before.events,
    events: before.events + 2,
    redacted: { spans: 1, bytes: secret.length },
  });
});

test("what is redacted already is passed over, and where nothing is left nothing is recorded", () => {
  const path = recorded("again.db", [secret]);
  const choose = (journal: Journal) => [...writesOf(journal), ...writesOf(journal)].map(spanOf);
  expect(redact(path, { what: "/2", choose })).toMatchObject({ run: 2, spans: 1 });
  const again = redact(path, { what: "/2", choose });
  expect(again).toMatchObject({ spans: 0, bytes: 0 });
  expect(again.run).toBeUndefined();
});

test("a journal that somebody reads is not redacted: a reader keeps the old pages", () => {
  const path = recorded("read.db", [secret]);
  const writer = openWriter(path);
  const reader = openReader(path);
  // It reads the WAL, and so keeps it when the writer leaves.
  expect(reader.head()).toBe(3);
  writer.close();
  const choose = (journal: Journal) => writesOf(journal).map(spanOf);
  expect(() => redact(path, { what: "/2", choose })).toThrow(/it is being read/);
  reader.close();
  expect(redact(path, { what: "/2", choose })).toMatchObject({ spans: 1 });
});

test("only whole writes can be redacted", () => {
  const path = recorded("part.db", [secret]);
  const half = { start: 0 as TapeSpan["start"], length: 5 };
  expect(() => redact(path, { what: "/2", choose: () => [half] })).toThrow(TypeError);
  expect(verify(path)).toMatchObject({ ok: true });
  expect(openAndCount(path)).toBe(0);
});

function openAndCount(path: string): number {
  const reader = openReader(path);
  const count = reader.redacted(0, Number.MAX_SAFE_INTEGER).length;
  reader.close();
  return count;
}

test("a scrub that was interrupted is told of, and the next redaction makes up for it", () => {
  const path = recorded("scrub.db", [secret]);
  const choose = (journal: Journal) => writesOf(journal).map(spanOf);
  redact(path, { what: "/2", choose });
  const db = new Database(path);
  db.exec("INSERT INTO meta VALUES ('scrub', '')");
  db.close();
  expect(verify(path)).toMatchObject({ ok: true, leftover: true });
  redact(path, { what: "/2", choose });
  expect(verify(path)).not.toHaveProperty("leftover");
});

test("whatever is redacted, events stay as they were and the rest of the tape does too", () => {
  let count = 0;
  fc.assert(
    fc.property(history(3000), fc.infiniteStream(fc.boolean()), (steps, chosen) => {
      const path = file(`any-${count++}.db`);
      const writer = openWriter(path, { now: tickingClock() });
      play(writer, steps);
      writer.close();
      const before = openReader(path);
      const events = before.events(1 as Seq, before.head());
      const writes = writesOf(before).map((event) => ({ event, bytes: bytesAt(before, event) }));
      before.close();
      const gone = writes.filter(() => chosen.next().value === true).map(({ event }) => event);
      redact(path, { what: "some", choose: () => gone.map(spanOf) });

      expect(verify(path)).toMatchObject({ ok: true });
      const after = openReader(path);
      expect(after.events(1 as Seq, events.length as Seq)).toEqual(events);
      expect(after.head()).toBe(events.length + (gone.length > 0 ? 2 : 0));
      for (const { event, bytes } of writes) {
        const text = "[redacted]".repeat(event.length).slice(0, event.length);
        expect(bytesAt(after, event).equals(gone.includes(event) ? Buffer.from(text) : bytes)).toBe(
          true,
        );
      }
      after.close();
    }),
    { numRuns: attempts(30) },
  );
});

test("a disk without room for a scrub keeps what was done, says so, and has it scrubbed when there is room", () => {
  const disk = mounted("3m");
  if (disk === undefined) return;
  const path = `${disk.directory}/full.db`;
  const large = Array.from({ length: 7 }, (_, seed) => noise(segmentBytes, seed));
  copyFileSync(recorded("roomy.db", [...large, secret]), path);
  const choose = (journal: Journal) => writesOf(journal).slice(-1).map(spanOf);
  const done = redact(path, { what: "/2", choose });
  expect(done).toMatchObject({ spans: 1, leftover: { code: "full" } });
  expect(verify(path)).toMatchObject({ ok: true, leftover: true, redacted: { spans: 1 } });
  disk.remount("size=20m");
  const again = redact(path, { what: "/2", choose });
  expect(again).not.toHaveProperty("leftover");
  expect(verify(path)).not.toHaveProperty("leftover");
  expect(readFileSync(path).includes(secret)).toBe(false);
});
