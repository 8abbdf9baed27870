import {
  type Event,
  type Journal,
  type JournalWriter,
  type Run,
  type Seq,
  JournalError,
} from "../../../journal/index.ts";

/** Makes a journal of an array of events and the bytes that they wrote, as a remote one or one in memory could be. */
export function plainJournal(events: readonly Event[], tape: Uint8Array): Journal {
  const ends = events.reduce<number[]>((known, event) => {
    const before = known.at(-1) ?? 0;
    known.push(event.kind === "write" ? event.tape + event.length : before);
    return known;
  }, []);
  const runs = (): Run[] => events.flatMap((event) => runOf(event, events));
  const marks = () =>
    events.flatMap((event) => (event.kind === "mark" ? [{ ...event, seq: event.seq }] : []));
  return {
    file: "plain",
    id: "0".repeat(32),
    head: () => seqOf(events.length),
    tapeLength: (seq) => ends[seq - 1] ?? 0,
    digest: () => ({ seq: seqOf(events.length), digest: "" }),
    event: (seq) => events[seq - 1],
    events: (first, last) => events.slice(Math.max(0, first - 1), last),
    *query({ first = 1, last = events.length, run, kinds, paths, ino, order = "forward" }) {
      const chosen = events
        .slice(Math.max(0, first - 1), last)
        .filter(
          (event) =>
            (run === undefined || event.run === run) &&
            (kinds?.has(event.kind) ?? true) &&
            (paths === undefined || pathsOf(event).some((path) => paths.includes(path))) &&
            (ino === undefined || inosOf(event).includes(ino)),
        );
      yield* order === "forward" ? chosen : chosen.toReversed();
    },
    *paths() {
      yield* new Set(events.flatMap(pathsOf).toSorted());
    },
    runs,
    run: (run) => runs().find((one) => one.run === run),
    mark: (name) => marks().findLast((one) => one.name === name)?.at,
    marks,
    seqAtTime: (time) => seqOf(events.findLastIndex((event) => event.time <= time) + 1),
    writer: (position) =>
      events.find(
        (event) =>
          event.kind === "write" && position >= event.tape && position < event.tape + event.length,
      ),
    readTape(position, length, target, at = 0) {
      if (position + length > tape.length) throw new JournalError("damaged", "past the tape's end");
      target.set(tape.subarray(position, position + length), at);
    },
    base: () => undefined,
    retained: () => [],
    redacted: () => [],
    version: () => 0,
    close() {},
  };
}

/** Copies another journal to a plain one. */
export function plainCopy(journal: JournalWriter): Journal {
  const head = journal.head();
  const tape = new Uint8Array(journal.tapeLength(head));
  journal.readTape(0, tape.length, tape);
  return plainJournal(journal.events(1, head), tape);
}

function runOf(event: Event, events: readonly Event[]): Run[] {
  if (event.kind !== "run-start") return [];
  const own = events.filter(({ run }) => run === event.run);
  const end = own.find((one) => one.kind === "run-end");
  return [
    {
      run: event.run,
      start: event,
      first: event.seq,
      last: own.at(-1)?.seq ?? event.seq,
      ...(end?.kind === "run-end" ? { end } : {}),
    },
  ];
}

function pathsOf(event: Event): string[] {
  if (event.kind === "rename") return [event.path, event.to];
  return "path" in event ? [event.path] : [];
}

function inosOf(event: Event): number[] {
  const replaced = event.kind === "rename" ? event.replaced?.ino : undefined;
  return [...("ino" in event ? [event.ino] : []), ...(replaced === undefined ? [] : [replaced])];
}

const seqOf = (count: number): Seq => count as Seq;
