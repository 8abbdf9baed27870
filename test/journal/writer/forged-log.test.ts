import {
  copyFileSync,
  existsSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "../../../journal/format/bytes.ts";
import { decodeEvent, encodeEvent } from "../../../journal/format/codec.ts";
import {
  BreachError,
  type Event,
  openWriter,
  type RunNumber,
  type Seq,
  verify,
} from "../../../journal/index.ts";
import {
  continueHeader,
  growingLogHeader,
  logHeaderBytes,
  recordHeaderBytes,
  sealRecord,
  secondAreaAt,
  tagOf,
} from "../../../journal/writer/redo-log.ts";
import { guestHistory, history, scratch } from "../support.ts";
import { attempts } from "../../support/scale.ts";
import { some } from "../../support/some.ts";
import { Forger, eventBytesOf, flipped, padded, size, startOf, withLength } from "./forger.ts";
import { mebibyte, type Begun, begin, write, expectTaken, fileOf, everyKind } from "./begun.ts";

const file = scratch();

const payload = Buffer.from("hello");

const second = 1_000_000_000n;

type Forgery = (forger: Forger) => Buffer;

const forgeries: readonly (readonly [string, Forgery])[] = [
  ["a seq that was", (to) => to.record({ ...size(to), seq: 1 as Seq })],
  ["a seq that is to come", (to) => to.record({ ...size(to), seq: (to.next.seq + 1) as Seq })],
  ["a run that has not begun", (to) => to.record({ ...size(to), run: 2 as RunNumber })],
  ["no run", (to) => to.record({ ...size(to), run: 0 as RunNumber })],
  ["a time that was", (to) => to.record({ ...size(to), time: 1n })],
  [
    "a time that is to come",
    (to) => to.record({ ...size(to), time: size(to).time + 60n * second }),
  ],
  ["the last time that there is", (to) => to.record({ ...size(to), time: (1n << 64n) - 1n })],
  [
    "a tape that is longer than it says",
    (to) => to.record(to.write(payload), payload, to.next.tape + 9),
  ],
  ["a tape that is shorter than it says", (to) => to.record(to.write(payload), payload, 0)],
  [
    "bytes of what others wrote",
    (to) => to.record({ ...to.write(payload), tape: 0 as never }, payload),
  ],
  ["more bytes than come along", (to) => to.record({ ...to.write(payload), length: 9 }, payload)],
  ["fewer bytes than come along", (to) => to.record({ ...to.write(payload), length: 1 }, payload)],
  [
    "no bytes, of which some come along",
    (to) => to.record({ ...to.write(payload), length: 0 }, payload),
  ],
  ["bytes of what is no write", (to) => to.record(size(to), payload)],
  ["a beginning of a run", (to) => to.record(startOf(to))],
  ["an end of a run", (to) => to.record({ kind: "run-end", exit: 0, ...to.stamp() })],
  [
    "a mark",
    (to) =>
      to.record({ kind: "mark", name: "m", at: 1 as Seq, ...to.stamp(), run: 0 as RunNumber }),
  ],
  ["an event of an unknown kind", (to) => to.sealed(Buffer.from([1, 99, 3, 0]), payload)],
  ["an event of no bytes", (to) => to.sealed(Buffer.alloc(0), Buffer.alloc(0))],
  [
    "an event that is longer than it need be",
    (to) => to.sealed(Buffer.concat([eventBytesOf(to), Buffer.alloc(1)]), Buffer.alloc(0)),
  ],
  [
    "a number that is longer than it need be",
    (to) => to.sealed(padded(eventBytesOf(to)), Buffer.alloc(0)),
  ],
  ["a length of 4 GiB", (to) => withLength(to.record(size(to)), 0xffff_ffff)],
  ["a payload of 4 GiB", (to) => withLength(to.record(size(to)), 0xffff_ffff, 8)],
  ["a flipped bit", (to) => flipped(to.record(size(to)), recordHeaderBytes + 3)],
  ["the tag of another log", (to) => flipped(to.record(size(to)), 12)],
  ["a checksum that is wrong", (to) => flipped(to.record(size(to)), 0)],
];

test.each(forgeries)("a log with %s is a breach, and what was taken before stays", (_, forgery) => {
  using begun = begin(file(`forged-${++count}.db`), { admit: admitGuests });
  const { guest, keeper } = begun;
  write(guest, fileOf(100));
  keeper.take();
  const forger = new Forger(begun);
  const before = process.memoryUsage.rss();
  forger.append(forgery(forger));
  expect(() => keeper.take()).toThrow(BreachError);
  expect(process.memoryUsage.rss() - before).toBeLessThan(200 * mebibyte);
  // Nothing more is taken, whatever comes.
  forger.append(forger.record(size(forger)));
  keeper.commit();
  expect(keeper.journal.head()).toBe(2);
  keeper.record({ kind: "run-end", exit: 125 });
  expectTaken(begun, 3);
});

test.each(forgeries.filter(([what]) => !what.includes("to come") && !what.includes("last time")))(
  "a log with %s that is taken over after a crash ends before that",
  (_, forgery) => {
    using forged = begin(file(`forged-${++count}.db`));
    write(forged.guest, fileOf(100));
    const other = new Forger(forged);
    other.append(forgery(other));
    const survivor = openWriter(killed(forged));
    expect(survivor.head()).toBe(2);
    expect(verify(survivor)).toMatchObject({ ok: true, events: 2 });
    survivor.close();
  },
);

test("a copy of the log's end is taken over if it goes on from the log", () => {
  // The log's last record is later than the last commit, whose time the forger gives.
  const later = (by: bigint) => (to: Forger) =>
    to.record({ ...to.write(payload), time: to.stamp().time + by }, payload);
  expect(headWith(() => {}, later(second / 2n))).toBe(3);
  expect(headWith(() => {}, later(0n))).toBe(2);
  // The log's own time may not have come to the disk, and the clock may have been lost.
  expect(headWith(() => {}, later(600n * second))).toBe(3);
  expect(headWith(() => {}, later(7_200n * second))).toBe(2);
});

type ForgedHeader = (header: Buffer) => void;

const forgedHeaders: readonly (readonly [string, ForgedHeader])[] = [
  ["of the log itself", () => {}],
  ["of a log that no guest writes", (header) => header.writeUInt32LE(1, 8)],
  ["of an unknown version", (header) => header.writeUInt32LE(3, 8)],
  ["of another commit", (header) => header.fill(7, 36, 68)],
  ["of a commit to come", (header) => header.writeBigUInt64LE(9n, 12)],
  ["of another journal", (header) => header.fill(7, 20, 36)],
];

test.each(
  forgedHeaders.flatMap(([whose, forge]) =>
    some(
      forgeries.filter(([what]) => !what.includes("to come") && !what.includes("last time")),
    ).map(([what, forgery]) => ({ whose, forge, what, forgery })),
  ),
)(
  "a copy of the log's end with a header $whose and $what adds nothing after a crash",
  ({ forge, forgery }) => {
    expect(headWith(forge, forgery)).toBe(2);
  },
);

test.each([
  ["at its beginning", 0],
  ["where a second area would be", secondAreaAt],
])(
  "a guest's log that lost its beginning, with a forged area %s, adds nothing after a crash",
  (_, at) => {
    using forged = begin(file(`beginning-${++count}.db`));
    write(forged.guest, fileOf(100));
    forged.keeper.commit();
    const copy = killed(forged);
    const forger = new Forger(forged);
    const mark = { kind: "mark", name: "good", at: 1 as Seq, ...forger.stamp() } as const;
    const area = growingLogHeader(forged.keeper.journal.id, lastCommitIn(forged));
    area.writeUInt32LE(1, 8);
    tagOf(readFileSync(`${copy}-tail`)).copy(tagOf(area));
    area.writeUInt32LE(crc32(area.subarray(0, -4)), area.length - 4);
    const record = forger.record({ ...mark, run: 0 as RunNumber });
    writeFileSync(`${copy}-tail`, Buffer.concat([Buffer.alloc(at), area, record]));
    // It stands there as long as a guest runs.
    writeFileSync(`${copy}-tail-sync`, "");
    const survivor = openWriter(copy);
    expect(survivor.head()).toBe(2);
    survivor.close();
  },
);

/** Returns the commit that a log would go on from that was begun now. */
function lastCommitIn({ keeper }: Begun): { readonly seq: Seq; readonly digest: Buffer } {
  const { seq, digest } = keeper.journal.digest();
  return { seq, digest: Buffer.from(digest, "hex") };
}

/** Returns the head of a journal of two events whose log's end has a copy with a record besides. */
function headWith(forge: ForgedHeader, forgery: Forgery): Seq {
  using forged = begin(file(`forged-${++count}.db`));
  write(forged.guest, fileOf(100));
  const copy = killed(forged);
  const header = readFileSync(`${copy}-tail`).subarray(0, logHeaderBytes);
  continueHeader(header, 3);
  forge(header);
  header.writeUInt32LE(crc32(header.subarray(0, -4)), header.length - 4);
  const forger = new Forger(forged);
  forger.next = { seq: 3 as Seq, tape: 100 };
  writeFileSync(`${copy}-tail-sync`, Buffer.concat([header, forgery(forger)]));
  writeFileSync(`${copy}-tail-stray`, "an earlier one");
  const survivor = openWriter(copy);
  const head = survivor.head();
  expect(verify(survivor)).toMatchObject({ ok: true, events: head });
  survivor.close();
  expect(readFileSync(`${copy}-tail-stray`, "utf8")).toBe("an earlier one");
  return head;
}

let count = 0;

/**
 * Admits events as the referee of a run does: a guest records neither the beginnings of runs nor their ends, marks or
 * reverts.
 */
function admitGuests({ kind }: Event): void {
  if (kind === "run-start" || kind === "run-end" || kind === "mark" || kind === "revert")
    throw new BreachError(`no guest records that: ${kind}`);
}

test("a record that never ends is waited for, and keeps nothing else from the journal", () => {
  using begun = begin(file("endless.db"));
  const { guest, keeper } = begun;
  write(guest, fileOf(100));
  keeper.take();
  const forger = new Forger(begun);
  const whole = forger.record(forger.write(fileOf(90_000)), fileOf(90_000));
  for (const piece of [whole.subarray(0, 3), whole.subarray(3, 50), whole.subarray(50, 80_000)]) {
    forger.append(piece);
    expect(keeper.take()).toBe(false);
  }
  expect(keeper.journal.head()).toBe(2);
  forger.append(whole.subarray(80_000));
  expect(keeper.take()).toBe(true);
  keeper.record({ kind: "run-end", exit: (keeper.commit(), 0) });
  expectTaken(begun, 4);
});

test("a log that is cut off or emptied under the keeper's hands gives nothing that was not recorded", () => {
  for (const size of [0, 50, 90, 200]) {
    using begun = begin(file(`cut-off-${size}.db`));
    const { guest, keeper } = begun;
    write(guest, fileOf(100));
    keeper.take();
    truncateSync(`${begun.path}-tail`, size);
    expect(keeper.take()).toBe(true);
    keeper.commit();
    expect(keeper.journal.head()).toBe(2);
    keeper.record({ kind: "run-end", exit: 0 });
    expectTaken(begun, 3);
  }
});

test("whatever bytes stand in a log, what is taken of them is what verify accepts", () => {
  fc.assert(
    fc.property(guestHistory(200), fc.infiniteStream(fc.nat()), (steps, numbers) => {
      using begun = begin(file(`any-${++count}.db`), { admit: admitGuests });
      const { keeper } = begun;
      const forger = new Forger(begun);
      const any = (below: number) => Number(numbers.next().value) % below;
      for (const step of steps) {
        if (step === "commit" || step.draft.kind === "run-start") continue;
        const { draft, payload: bytes = Buffer.alloc(0) } = step;
        const event = { ...draft, ...forger.stamp(), tape: forger.next.tape } as Event;
        const record = forger.record(event, bytes);
        const at = recordHeaderBytes + any(record.length - recordHeaderBytes);
        const split = record.readUInt32LE(4) + recordHeaderBytes;
        if (any(3) === 0) record[at] = any(256);
        forger.append(
          forger.sealed(record.subarray(recordHeaderBytes, split), record.subarray(split)),
        );
        try {
          keeper.take();
        } catch (error) {
          expect(error).toBeInstanceOf(BreachError);
          break;
        }
        forger.next.seq = (forger.next.seq + 1) as Seq;
        if (event.kind === "write") forger.next.tape += bytes.length;
      }
      keeper.record({ kind: "run-end", exit: (keeper.commit(), 0) });
      begun[Symbol.dispose]();
      expect(verify(begun.path)).toMatchObject({ ok: true });
    }),
    { numRuns: attempts(40) },
  );
});

test("an event of a guest has one form in bytes: any other that is read is refused", () => {
  fc.assert(
    fc.property(history(), fc.nat(), fc.nat(255), (steps, place, byte) => {
      for (const step of steps) {
        if (step === "commit" || step.draft.kind.startsWith("run-")) continue;
        const stamp = { seq: 5 as Seq, time: 7n, run: 1 as RunNumber, tape: 9 };
        const bytes = new ByteWriter();
        encodeEvent(bytes, { ...step.draft, ...stamp } as Event, 9);
        const changed = Buffer.from(bytes.buffer.subarray(0, bytes.at));
        changed[place % changed.length] = byte;
        const decoded = decodedOrNot(changed);
        if (decoded === undefined) continue;
        const again = new ByteWriter();
        encodeEvent(again, decoded.event, decoded.tapeAfter);
        expect(again.buffer.subarray(0, again.at).equals(changed)).toBe(true);
      }
    }),
    { numRuns: attempts(200) },
  );
});

function decodedOrNot(bytes: Buffer) {
  try {
    return decodeEvent(bytes);
  } catch (error) {
    expect(error).toMatchObject({ name: "MalformedError" });
    return undefined;
  }
}

test.for(everyKind)(
  "what a guest's process recorded before all was killed is taken over when the journal is opened again: %s",
  (durability) => {
    using begun = begin(file(`taken-over-${durability}.db`), { durability });
    const { guest, keeper } = begun;
    for (let index = 1; index <= 30; index++) {
      write(guest, fileOf(index * 1_000));
      if (index === 10) keeper.take();
      if (index === 20) keeper.commit();
    }
    const again = openWriter(killed(begun));
    expect(again.head()).toBe(31);
    expect(again.recovered).toBe(10);
    expect(verify(again)).toMatchObject({ ok: true, events: 31 });
    again.close();
  },
);

test("bytes of a guest that look like another area of the log are taken for its bytes", () => {
  using begun = begin(file("areas.db"));
  const { guest, keeper } = begun;
  const lead = write(guest, fileOf(1_000));
  // It knows the format, the journal's name and the place of its bytes.
  const { id } = keeper.journal;
  const at = statSync(`${begun.path}-tail`).size;
  const header = growingLogHeader(id, {
    seq: 1,
    digest: Buffer.from(keeper.journal.digest().digest, "hex"),
  });
  header.writeUInt32LE(1, 8);
  header.writeUInt32LE(crc32(header.subarray(0, -4)), header.length - 4);
  const forged = new ByteWriter();
  forged.at = recordHeaderBytes;
  encodeEvent(forged, { ...size(new Forger(begun)), seq: (lead.seq + 1) as Seq }, 1_000);
  const record = {
    seq: 0,
    buffer: forged.buffer,
    start: 0,
    payloadAt: forged.at,
    end: forged.at,
    rest: undefined,
  };
  sealRecord(record, tagOf(header));
  const headed = Buffer.concat([header, forged.buffer.subarray(0, forged.at)]);
  const bytes = Buffer.alloc(secondAreaAt + 10_000);
  // It finds the end of its own event by trying.
  const eventBytes = new ByteWriter();
  encodeEvent(
    eventBytes,
    { ...new Forger(begun).write(bytes), tape: 1_000 as never },
    1_000 + bytes.length,
  );
  headed.copy(bytes, secondAreaAt - at - recordHeaderBytes - eventBytes.at);
  write(guest, bytes);
  const copy = killed(begun);
  expect(readFileSync(`${copy}-tail`).indexOf(headed)).toBe(secondAreaAt);
  const again = openWriter(copy);
  expect(again.head()).toBe(3);
  expect(again.event(3 as Seq)).toMatchObject({ kind: "write", length: bytes.length });
  expect(existsSync(`${copy}-tail-stray`)).toBe(false);
  expect(verify(again)).toMatchObject({ ok: true, events: 3 });
  again.close();
});

/** Copies the files as a SIGKILL of all processes leaves them. */
function killed({ path }: Begun): string {
  const to = file(`killed-${++count}.db`);
  for (const suffix of ["", "-wal", "-tail"])
    if (existsSync(path + suffix)) copyFileSync(path + suffix, to + suffix);
  return to;
}
