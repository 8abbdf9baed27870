import * as fc from "fast-check";
import { expect, test } from "vitest";
import { columnOfText } from "../../../journal/format/byte-text.ts";
import {
  type Event,
  type Ino,
  type Journal,
  hasBytes,
  openReader,
  openWriter,
  type Query,
  rootIno,
  type RunNumber,
  type Seq,
  verify,
} from "../../../journal/index.ts";
import { attempts } from "../../support/scale.ts";
import { play, runStart, type Step, scratch, tapeOf, tickingClock, writers } from "../support.ts";

const file = scratch();
let count = 0;
const fresh = () => file(`${++count}.db`);

function agrees(journal: Journal, events: readonly Event[], tape: Buffer): void {
  expect(journal.head()).toBe(events.length);
  expect(journal.events(1 as Seq, events.length as Seq)).toStrictEqual(events);
  expect(journal.events(0 as Seq, (events.length + 9) as Seq)).toStrictEqual(events);
  for (const event of events) expect(journal.event(event.seq)).toStrictEqual(event);
  expect(journal.event((events.length + 1) as Seq)).toBeUndefined();
  const read = Buffer.alloc(tape.length);
  journal.readTape(0 as never, tape.length, read);
  expect(read.equals(tape)).toBe(true);
  expect(journal.tapeLength(journal.head())).toBe(tape.length);
  expect(() => journal.readTape(tape.length as never, 1, Buffer.alloc(1))).toThrow(
    "the tape ends before",
  );
}

test.for(writers)(
  "what was taken is read back the same: pending, committed, by a reader, after opening again ($by)",
  ({ open, history }) => {
    fc.assert(
      fc.property(history(3000), (steps) => {
        const path = fresh();
        const writer = open(path, { now: tickingClock(), durability: "batch" });
        const events = play(writer, steps);
        const tape = tapeOf(steps);
        agrees(writer, events, tape);
        writer.commit();
        agrees(writer, events, tape);
        const reader = openReader(path);
        agrees(reader, events, tape);
        reader.close();
        writer.close();
        const again = open(path);
        expect(again.recovered).toBe(0);
        agrees(again, events, tape);
        expect(verify(again)).toMatchObject({
          ok: true,
          events: events.length,
          head: again.digest().digest,
        });
        again.close();
      }),
      { numRuns: attempts(25) },
    );
  },
);

test.for(writers)(
  "a query gives what a filter over all events gives, in both orders, pending or not ($by)",
  ({ by, open, history }) => {
    const query: fc.Arbitrary<Query> = fc.record(
      {
        first: fc.integer({ min: 0, max: 30 }).map((value) => value as Seq),
        last: fc.integer({ min: 0, max: 40 }).map((value) => value as Seq),
        run: fc.integer({ min: 0, max: 3 }).map((value) => value as RunNumber),
        kinds: fc
          .subarray(["write", "rename", "create", "mark", "fail", "run-start"] as const)
          .map((kinds) => new Set(kinds)),
        paths: fc.subarray(["/a", "/b", "/c", "/a/b", "/b/a", "/c/c"]),
        ino: fc.integer({ min: 2, max: 9 }).map((value) => value as Ino),
        order: fc.constantFrom("forward" as const, "reverse" as const),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        history(),
        fc.array(query, { minLength: 10, maxLength: 20 }),
        (steps, queries) => {
          const writer = open(fresh(), { now: tickingClock() });
          const events = play(writer, steps);
          for (const wanted of queries) {
            const expected = events.filter((event) => selected(wanted, event));
            if (wanted.order === "reverse") expected.reverse();
            expect(Array.from(writer.query(wanted))).toStrictEqual(expected);
          }
          writer.commit();
          for (const wanted of queries) {
            const expected = events.filter((event) => selected(wanted, event));
            if (wanted.order === "reverse") expected.reverse();
            expect(Array.from(writer.query(wanted))).toStrictEqual(expected);
          }
          const paths = new Set(events.flatMap(pathsOf));
          const inOrder = Array.from(paths).toSorted((a, b) =>
            Buffer.compare(Buffer.from(columnOfText(a)), Buffer.from(columnOfText(b))),
          );
          expect(Array.from(writer.paths())).toStrictEqual(inOrder);
          writer.close();
        },
      ),
      { numRuns: attempts(by === "through a keeper" ? 20 : 60) },
    );
  },
);

test.for(writers)(
  "the writer of a tape position, and the event at a time, are those a scan finds ($by)",
  ({ open, history }) => {
    fc.assert(
      fc.property(history(), (steps) => {
        const writer = open(fresh(), { now: tickingClock() });
        const events = play(writer, steps);
        const length = writer.tapeLength(writer.head());
        for (let position = -1; position <= length; position++) {
          const expected = events.find(
            (event) =>
              hasBytes(event) && position >= event.tape && position < event.tape + event.length,
          );
          expect(writer.writer(position as never)).toStrictEqual(expected);
        }
        for (const event of events) {
          for (const time of [event.time - 1n, event.time, event.time + 1n]) {
            expect(writer.seqAtTime(time)).toBe(
              events.findLast((one) => one.time <= time)?.seq ?? 0,
            );
          }
        }
        writer.close();
      }),
      { numRuns: attempts(15) },
    );
  },
);

test.for(writers)("runs and marks are what their events say ($by)", ({ open, history }) => {
  fc.assert(
    fc.property(history(), (steps) => {
      const writer = open(fresh(), { now: tickingClock() });
      const events = play(writer, steps);
      const starts = events.filter((event) => event.kind === "run-start");
      const runs = writer.runs();
      expect(runs.map((run) => run.run)).toStrictEqual(starts.map((_, index) => index + 1));
      for (const run of runs) {
        const own = events.filter((event) => event.run === run.run);
        expect(run.first).toBe(own.at(0)?.seq);
        expect(run.last).toBe(own.at(-1)?.seq);
        expect(run.end?.exit).toBe(own.find((event) => event.kind === "run-end")?.exit);
        expect(writer.run(run.run)).toStrictEqual(run);
      }
      const marks = events.filter((event) => event.kind === "mark");
      expect(writer.marks()).toStrictEqual(marks.map(({ name, at, seq }) => ({ name, at, seq })));
      for (const mark of marks) expect(writer.mark(mark.name)).toBe(1);
      expect(writer.mark("no such mark")).toBeUndefined();
      writer.close();
    }),
    { numRuns: attempts(15) },
  );
});

test.for(writers)(
  "a query gives what there was when it began, whatever is committed while it is read ($by)",
  ({ open }) => {
    const writer = open(fresh(), { now: tickingClock() });
    writer.append(runStart);
    const one = (offset: number): Step => ({
      draft: {
        kind: "write",
        ino: 2 as Ino,
        path: offset % 2 === 0 ? "/a" : "/b",
        offset,
        length: 1,
      },
      payload: Buffer.from("x"),
    });
    for (let offset = 0; offset < 400; offset++) play(writer, [one(offset)]);
    let seen = 1;
    for (const event of writer.query({ ino: 2 as Ino })) {
      expect(event.seq).toBe(++seen);
      play(writer, [one(seen)]);
      if (seen % 50 === 0) writer.commit();
    }
    expect(seen).toBe(401);
    expect(writer.head()).toBe(801);
    writer.close();
  },
);

test("after a clock that was put back time goes on at its pace", () => {
  const clock = [1_000n, 5_000n, 100n, 103n, 107n, 90n, 92n, 6_000n, 6_001n];
  const writer = openWriter(fresh(), { now: () => clock.shift() ?? 0n });
  writer.append(runStart);
  const times = Array.from({ length: 7 }, () => {
    return writer.append({ kind: "open", ino: rootIno, path: "/" }).time;
  });
  expect(times).toEqual([5_000n, 5_003n, 5_007n, 5_007n, 5_009n, 6_000n, 6_001n]);
  writer.close();
});

test.for(writers)("time never goes back, whatever the clock does ($by)", ({ open }) => {
  let time = 1000n;
  const writer = open(fresh(), { now: () => (time -= 10n) });
  const again: Step = { draft: { kind: "set-size", ino: 2 as Ino, path: "/a", size: 1 } };
  const [first, ...others] = play(writer, [{ draft: runStart }, again, again]);
  for (const event of others) expect(event.time).toBe(first?.time);
  writer.close();
});

function selected(wanted: Query, event: Event): boolean {
  const inos = inosOf(event);
  return (
    event.seq >= (wanted.first ?? 0) &&
    event.seq <= (wanted.last ?? 1e9) &&
    (wanted.run === undefined || wanted.run === event.run) &&
    (wanted.kinds?.has(event.kind) ?? true) &&
    (wanted.paths === undefined || pathsOf(event).some((path) => wanted.paths?.includes(path))) &&
    (wanted.ino === undefined || inos.some((ino) => ino === wanted.ino))
  );
}

function pathsOf(event: Event): string[] {
  if (event.kind === "rename" || event.kind === "exchange") return [event.path, event.to];
  return "path" in event ? [event.path] : [];
}

function inosOf(event: Event): readonly Ino[] {
  if (event.kind === "exchange") return [event.ino, event.other];
  if (event.kind === "rename" && event.replaced !== undefined)
    return [event.ino, event.replaced.ino];
  return "ino" in event ? [event.ino] : [];
}
