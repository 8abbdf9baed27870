import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  checkPack,
  decodePack,
  emptyState,
  encodePack,
  type Event,
  type Journal,
  openPacking,
  openReader,
  openUnpacking,
  openWriter,
  type Pack,
  type PackState,
  redact,
  type TapeSpan,
  verify,
} from "../../../journal/index.ts";
import { ByteWriter } from "../../../journal/format/bytes.ts";
import { segmentBytes } from "../../../journal/tape/segment.ts";
import { attempts } from "../../support/scale.ts";
import { history, noise, play, runStart, scratch, type Step, tickingClock } from "../support.ts";

const file = scratch();
let made = 0;

function recorded(steps: readonly (Step | "commit")[]): string {
  const path = file(`${made++}.db`);
  const writer = openWriter(path, { now: tickingClock() });
  play(writer, steps);
  writer.close();
  return path;
}

function writeStep(ino: number, bytes: Uint8Array): Step {
  const place = { ino: ino as never, path: `/${ino}`, offset: 0, length: bytes.length };
  return { draft: { kind: "write", ...place }, payload: bytes };
}

/** Cuts a journal into packs of at most so many events, each gone through its bytes. */
function packsOf(path: string, events: number, from = 0): Pack[] {
  const journal = openReader(path);
  try {
    const packing = openPacking(journal, { events, bytes: segmentBytes });
    const packs: Pack[] = [];
    for (let seq = from; ;) {
      const pack = packing.after(seq);
      if (pack === undefined) return packs;
      packs.push(decodePack(encodePack(pack)));
      seq = pack.last;
    }
  } finally {
    journal.close();
  }
}

function unpacked(packs: readonly Pack[]): string {
  const path = file(`${made++}.db`);
  const [first] = packs;
  if (first === undefined) throw new TypeError("no pack");
  const late = packs.flatMap(({ redacted, tape }) => redacted.filter(({ start }) => start < tape));
  const unpacking = openUnpacking(path, first, late);
  for (const pack of packs) unpacking.add(pack);
  unpacking.close();
  return path;
}

/** All that a journal says. */
function told(path: string) {
  const journal = openReader(path);
  try {
    const tape = Buffer.alloc(journal.tapeLength(journal.head()));
    journal.readTape(0, tape.length, tape);
    const events = journal.events(1, journal.head());
    const { id } = journal;
    return { id, events, tape, digest: journal.digest(), redacted: redactedIn(journal) };
  } finally {
    journal.close();
  }
}

const redactedIn = (journal: Journal) => journal.redacted(0, Number.MAX_SAFE_INTEGER);

function stateAfter(packs: readonly Pack[]): PackState | undefined {
  const [first] = packs;
  if (first === undefined) return undefined;
  return packs.reduce((state, pack) => checkPack(pack, state), emptyState(first));
}

test("the packs of a journal, wherever it is cut, make the same journal again", () => {
  fc.assert(
    fc.property(history(), fc.integer({ min: 1, max: 9 }), (steps, events) => {
      const path = recorded(steps);
      const packs = packsOf(path, events);
      if (packs.length === 0) return;
      const copy = unpacked(packs);
      expect(told(copy)).toEqual(told(path));
      expect(verify(copy)).toEqual(verify(path));
      // Packs of the copy, cut in other places, have the same events.
      expect(stateAfter(packsOf(copy, 1))).toEqual(stateAfter(packs));
    }),
    { numRuns: attempts(12) },
  );
});

test("a tape of several segments and payloads across them comes back byte for byte", () => {
  const payloads = [noise(segmentBytes - 10, 1), noise(3 * segmentBytes, 2), Buffer.alloc(100_000)];
  const path = recorded([
    { draft: runStart },
    ...payloads.flatMap((bytes, at) => [writeStep(at + 2, bytes), "commit" as const]),
  ]);
  const packs = packsOf(path, 1);
  expect(packs.length).toBeGreaterThan(2);
  expect(told(unpacked(packs))).toEqual(told(path));
});

test("a byte of a pack that was changed is seen, or tells nothing else", () => {
  const text = Buffer.from("some text that compresses, some text that compresses");
  const path = recorded([{ draft: runStart }, writeStep(2, text), writeStep(3, noise(600, 4))]);
  const [pack] = packsOf(path, 99);
  if (pack === undefined) throw new TypeError("no pack");
  const bytes = encodePack(pack);
  const after = checkPack(pack, emptyState(pack));
  let seen = 0;
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    try {
      const other = decodePack(changed);
      expect(checkPack(other, emptyState(other))).toEqual(after);
    } catch (error) {
      expect(String(error)).toMatch(/^MalformedError: /);
      seen += 1;
    }
  }
  expect(seen).toBeGreaterThan(bytes.length * 0.9);
});

test.for(["commits", "redacted spans", "frames"])(
  "a pack of one event that lists millions of %s is refused before they take memory",
  (list) => {
    const counts = { commits: 0, "redacted spans": 0, frames: 0, [list]: 1_000_001 };
    const head = new ByteWriter();
    head.byte(2);
    head.bytes(Buffer.alloc(16));
    head.text("0");
    // The first event and the last, and the tape before and after.
    for (const number of [1, 1, 0, 0]) head.varint(number);
    head.bytes(Buffer.alloc(32));
    for (const count of Object.values(counts)) head.varint(count);
    // There are bytes enough for all of them.
    head.bytes(Buffer.alloc(40_000_000));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(head.at);
    const pack = Buffer.concat([Buffer.from("rwFSpack"), length, head.buffer.subarray(0, head.at)]);
    expect(() => decodePack(pack)).toThrow("a pack has a list of too much");
  },
);

test("a pack that does not follow, or lacks a commit, is refused", () => {
  const steps = [3, 4, 5].flatMap((ino) => [writeStep(ino, noise(20, ino)), "commit" as const]);
  const path = recorded([{ draft: runStart }, "commit", ...steps]);
  const [one, two, three] = packsOf(path, 1);
  if (one === undefined || two === undefined || three === undefined)
    throw new TypeError("no packs");
  const state = checkPack(one, emptyState(one));
  expect(() => checkPack(three, state)).toThrow("does not follow on event 1");
  expect(() => checkPack(one, state)).toThrow("does not follow on event 1");
  const other = { ...state, digest: "00".repeat(32) };
  expect(() => checkPack(two, other)).toThrow("its chain does not go on");
  expect(() => checkPack({ ...two, commits: [] }, state)).toThrow(
    "no commit of the pack covers it",
  );
  const pieces = two.pieces.map((piece) => ({ ...piece, bytes: Buffer.alloc(20), crc: 0 }));
  expect(() => checkPack({ ...two, pieces }, state)).toThrow("checksum");
});

test("what is redacted stays so: before it was packed, and by a later pack", () => {
  const secret = Buffer.from("hunter2, and nobody is to know it");
  const steps = [
    { draft: runStart },
    writeStep(2, secret),
    "commit",
    writeStep(3, secret),
  ] as const;
  const path = recorded([...steps, { draft: { kind: "run-end", exit: 0 } }]);
  const before = packsOf(path, 1);
  const spans = (ino: number) => (journal: Journal) => {
    const all = journal.events(1, journal.head()) as readonly Event[];
    const writes = all.filter((event) => event.kind === "write" && (event.ino as number) === ino);
    return writes.map((event) => ({
      start: (event as { tape: TapeSpan["start"] }).tape,
      length: secret.length,
    }));
  };
  redact(path, { what: "/2", choose: spans(2), now: tickingClock(2_000n) });
  const later = packsOf(path, 1, before.at(-1)?.last ?? 0);
  const copy = unpacked([...before, ...later]);
  expect(told(copy)).toEqual(told(path));
  expect(verify(copy)).toEqual(verify(path));
  expect(verify(copy)).toMatchObject({ ok: true, redacted: { spans: 1 } });
  const anew = unpacked(packsOf(path, 1));
  expect(told(anew)).toEqual(told(path));
  // The run that redacted them has not come: one of the copy's own says that these bytes were others.
  const cut = packsOf(path, 1).slice(0, -1);
  const last = cut.at(-1)?.last ?? 0;
  expect(verify(unpacked(cut))).toMatchObject({
    ok: true,
    events: last + 2,
    redacted: { spans: 1 },
  });
  // A pack cannot say of bytes that they were redacted without a digest that the chain knows.
  const [pack] = packsOf(path, 99);
  const [span] = pack?.redacted ?? [];
  if (pack === undefined || span === undefined) throw new TypeError("no redacted span");
  const forged = { ...pack, redacted: [{ ...span, digest: Buffer.alloc(32) }] };
  expect(() => checkPack(forged, emptyState(pack))).toThrow("does not have its digest");
  expect(() => checkPack({ ...pack, redacted: [] }, emptyState(pack))).toThrow("its digest");
});

test("a pack of version 1, which a depot received before there were frames, is read as it was", () => {
  const bytes = readFileSync(new URL("../../fixtures/pack-1.bin", import.meta.url));
  expect(bytes[12]).toBe(1);
  const digest = "e7703f991d7f13e2e2e571d94ac04f306b3c9461c9b86aec870a2d6550913b58";
  const pack = decodePack(bytes);
  expect(checkPack(pack, emptyState(pack))).toMatchObject({ seq: 9, digest });
  // Written anew it is of this version, and the same.
  const anew = encodePack(pack);
  expect(anew[12]).toBe(2);
  expect(decodePack(anew)).toEqual(pack);
  const path = file(`${made++}.db`);
  const unpacking = openUnpacking(path, pack, []);
  unpacking.add(pack);
  unpacking.close();
  expect(verify(path)).toMatchObject({ ok: true, events: 9, head: digest });
});
