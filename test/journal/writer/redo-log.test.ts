import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Event, openReader, openWriter, type Seq, verify } from "../../../journal/index.ts";
import {
  readRedoLog,
  recordHeaderBytes,
  logHeaderBytes,
  wornBytes,
} from "../../../journal/writer/redo-log.ts";
import {
  history,
  play,
  runStart,
  scratch,
  type Step,
  tapeOf,
  tickingClock,
  writers,
} from "../support.ts";

const file = scratch();
let count = 0;

/** Copies the files as a SIGKILL leaves them: while the writer has them open. */
function killed(from: string, log: Uint8Array | undefined): string {
  const to = file(`killed-${++count}.db`);
  copyFileSync(from, to);
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
  if (log !== undefined) writeFileSync(`${to}-tail`, log);
  return to;
}

const noBatches = { batchEvents: 1000, batchNanoseconds: 1_000_000_000_000n };

test("a redo log cut at any byte, or with any byte changed, gives an exact prefix", () => {
  const path = file("cut.db");
  const writer = openWriter(path, { now: tickingClock(), buffering: noBatches });
  const [steps] = fc.sample(history(), { numRuns: 1, seed: 3 });
  const all = (steps ?? []).filter((step) => step !== "commit").slice(0, 14);
  const events = play(writer, all);
  const tape = tapeOf(all);
  const whole = readFileSync(`${path}-tail`);

  let most = 0;
  for (let length = 0; length <= whole.length; length++) {
    const cut = whole.subarray(0, length);
    const taken = recordsIn(cut);
    expect(taken).toBeGreaterThanOrEqual(most);
    if (taken > most || length % 97 === 0) expect(openPrefix(cut)).toBe(taken);
    most = taken;
  }
  expect(most).toBe(events.length);
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    const taken = recordsIn(changed);
    expect(taken).toBeLessThan(events.length);
    if (at % 97 === 0) expect(openPrefix(changed)).toBe(taken);
  }
  writer.close();

  function recordsIn(bytes: Uint8Array): number {
    writeFileSync(file("bytes"), bytes);
    const fd = openSync(file("bytes"), "r");
    const content = readRedoLog(fd, writer.id);
    const taken =
      typeof content === "string" ? [] : content.flatMap((area) => Array.from(area.records));
    closeSync(fd);
    expect(taken.map((one) => one.event)).toStrictEqual(events.slice(0, taken.length));
    return taken.length;
  }

  function openPrefix(log: Uint8Array): number {
    const copy = killed(path, log);
    const again = openWriter(copy, { durability: "batch" });
    expect(again.recovered).toBe(again.head());
    expect(again.events(1 as Seq, 1000 as Seq)).toStrictEqual(events.slice(0, again.recovered));
    const length = again.tapeLength(again.head());
    const read = Buffer.alloc(length);
    again.readTape(0 as never, length, read);
    expect(read.equals(tape.subarray(0, length))).toBe(true);
    const taken = again.recovered;
    again.close();
    return taken;
  }
});

test.for(writers)(
  "whenever it is killed, all that was acknowledged is there, over many commits ($by)",
  ({ open, history: any }) => {
    fc.assert(
      fc.property(any(500), fc.integer({ min: 1, max: 5 }), (steps, batchEvents) => {
        const path = file(`often-${++count}.db`);
        const writer = open(path, {
          now: tickingClock(),
          buffering: { ...noBatches, batchEvents },
        });
        const events: Event[] = [];
        for (const step of steps) {
          events.push(...play(writer, [step]));
          const copy = killed(path, readFileSync(`${path}-tail`));
          const again = openReader(copy);
          expect(again.events(1 as Seq, 1000 as Seq)).toStrictEqual(events);
          expect(verify(again)).toMatchObject({ ok: true });
          again.close();
        }
        writer.close();
      }),
      { numRuns: 2 },
    );
  },
);

/** Fills an area of the redo log, so that the next event goes to the other if that one is free. */
const large: Step = {
  draft: { kind: "write", ino: 2 as never, path: "/large", offset: 0, length: wornBytes },
  payload: new Uint8Array(wornBytes).fill(1),
};

test("the redo log of another journal, or of a later state of this one, is put aside and not mixed in", () => {
  const path = file("one.db");
  const writer = openWriter(path, { now: tickingClock(), buffering: noBatches });
  play(writer, [{ draft: runStart }]);
  const early = killed(path, undefined);
  play(writer, [large, "commit", large, "commit", large, "commit"]);
  play(writer, [{ draft: { kind: "run-end", exit: 0 } }]);
  const later = readFileSync(`${path}-tail`);
  writer.close();

  const other = openWriter(file("other.db"));
  other.close();
  for (const stray of [killed(file("other.db"), later), early]) {
    writeFileSync(`${stray}-tail`, later);
    const again = openWriter(stray);
    expect(again.recovered).toBe(0);
    expect(again.head()).toBe(0);
    expect(readFileSync(`${stray}-tail-stray`).equals(later)).toBe(true);
    again.close();
  }
});

test("a record that stands in what a guest wrote is never taken for one", () => {
  const path = file("forged.db");
  const writer = openWriter(path, { now: tickingClock(), buffering: noBatches });
  play(writer, [{ draft: runStart }]);
  // The guest knows the format, and the next record, but not the tag of the area it will be in.
  const record = readFileSync(`${path}-tail`).subarray(logHeaderBytes);
  const payload = Buffer.concat([Buffer.alloc(2000), record]);
  play(writer, [
    {
      draft: { kind: "write", ino: 2 as never, path: "/a", offset: 0, length: payload.length },
      payload,
    },
  ]);
  play(writer, [large, "commit", large, "commit"]);
  play(writer, [{ draft: { kind: "run-end", exit: 0 } }]);
  const log = readFileSync(`${path}-tail`);
  const end = logHeaderBytes + recordHeaderBytes + log.readUInt32LE(logHeaderBytes + 4);
  const forged = Buffer.concat([log.subarray(0, end), record, log.subarray(end + record.length)]);
  const again = openWriter(killed(path, forged));
  expect(again.recovered).toBe(1);
  expect(again.head()).toBe(5);
  again.close();
  writer.close();
});

test("a length beyond the file allocates nothing and ends the redo log", () => {
  const path = file("long.db");
  const writer = openWriter(path, { now: tickingClock(), buffering: noBatches });
  play(writer, [{ draft: runStart }, { draft: { kind: "run-end", exit: 0 } }]);
  const log = readFileSync(`${path}-tail`);
  log.writeUInt32LE(0xffff_fff0, logHeaderBytes + 4);
  const again = openWriter(killed(path, log));
  expect(again.recovered).toBe(0);
  again.close();
  writer.close();
});

test.for(writers)("a clean close leaves one file ($by)", ({ by, open }) => {
  const path = file(`clean-${by}.db`);
  const writer = open(path);
  play(writer, [{ draft: runStart }, { draft: { kind: "run-end", exit: 0 } }]);
  expect(existsSync(`${path}-tail`)).toBe(true);
  writer.close();
  for (const suffix of ["-tail", "-wal", "-shm", "-lock"])
    expect(existsSync(path + suffix), suffix).toBe(false);
  const reader = openReader(path);
  reader.close();
  for (const suffix of ["-tail", "-wal", "-shm", "-lock"])
    expect(existsSync(path + suffix), suffix).toBe(false);
});
