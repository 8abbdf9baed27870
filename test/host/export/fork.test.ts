import {
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";

import {
  type Journal,
  type Seq,
  compact,
  openReader,
  openWriter,
  redact,
  verify,
} from "../../../journal/index.ts";
import { FileSystem, profiles } from "../../../src/fs/index.ts";
import {
  baseState,
  openHistory,
  planRedaction,
  replay,
  tapeOf,
  verifyStates,
} from "../../../src/history/index.ts";
import { HostError, fork } from "../../../src/host/index.ts";
import { steps } from "../../support/model/mutations.ts";
import { changeAsRun, difference, openRecording } from "../../support/recording.ts";
import { attempts } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";

test("a fork holds the same events up to its moment, and a life of its own", () => {
  fc.assert(
    fc.property(fc.array(steps(20), { maxLength: 4 }), fc.nat(), (runs, at) => {
      withTemporary((directory) => {
        const { fs, journal, history } = openRecording();
        for (const changes of runs) changeAsRun(fs, changes);
        const seq = (at % (journal.head() + 1)) as Seq;
        const file = join(directory, "fork.db");
        const { id, events } = fork(journal, seq, file);
        expect(events).toBe(seq);
        expect(id).not.toBe(journal.id);

        const copy = openWriter(file);
        expect(copy.events(1 as Seq, seq)).toEqual(journal.events(1 as Seq, seq));
        expect(verifyStates(copy)).toBeUndefined();
        expect(difference(openHistory(copy).at(seq), history.at(seq))).toEqual([]);
        const own = new FileSystem({
          journal: copy,
          tree: replay(copy, copy.head()),
          limits: profiles.default,
        });
        changeAsRun(own, runs[0] ?? []);
        expect(journal.head()).toBeGreaterThanOrEqual(seq);
        copy.close();
        expect(readdirSync(directory).filter((name) => name.includes("partial"))).toEqual([]);
      });
    }),
    { numRuns: attempts(15) },
  );
});

test("a fork into a directory that is not there says which is missing", () => {
  const { journal } = openRecording();
  const file = join(tmpdir(), "rewindfs-no-such", "fork.db");
  expect(() => fork(journal, journal.head(), file)).toThrow("there is no ");
});

test("a run that was cut off is cut off in the fork too", () => {
  withTemporary((directory) => {
    const file = join(directory, "one.db");
    for (const name of ["a", "b"]) {
      const journal = openWriter(file);
      const fs = new FileSystem({
        journal,
        tree: replay(journal, journal.head()),
        limits: profiles.default,
      });
      fs.begin({ cause: "guest", guest: name, args: [], environment: [], digest: "" });
      fs.perform({ kind: "create", parent: 1 as never, name: name as never });
      journal.close();
    }
    const journal = openReader(file);
    fork(journal, journal.head(), join(directory, "two.db"));
    const copy = openReader(join(directory, "two.db"));
    expect(copy.runs()).toEqual(journal.runs());
  });
});

test("a fork never goes onto a file that exists", () => {
  withTemporary((directory) => {
    const { journal } = openRecording();
    writeFileSync(join(directory, "taken"), "mine");
    expect(() => fork(journal, 0 as Seq, join(directory, "taken"))).toThrow(HostError);
    expect(() => fork(journal, 0 as Seq, join(directory, "no", "where"))).toThrow();
    expect(existsSync(join(directory, "no"))).toBe(false);
  });
});

test("a fork goes beside nothing that would be taken for its own, and through no link", () => {
  withTemporary((directory) => {
    const { journal } = openRecording();
    const victim = join(directory, "victim");
    writeFileSync(victim, "mine");
    for (const end of ["-journal", "-tail", "-lock"]) {
      const path = join(directory, `fork${end}.db`);
      symlinkSync(victim, `${path}${end}`);
      expect(() => fork(journal, 0 as Seq, path)).toThrow(`${path}${end} exists`);
    }
    const dangling = join(directory, "dangling");
    symlinkSync(join(directory, "none"), dangling);
    expect(() => fork(journal, 0 as Seq, dangling)).toThrow("it exists");
    const made = join(directory, "made.db");
    for (const end of ["", "-wal", "-journal"]) symlinkSync(victim, `${made}.partial${end}`);
    fork(journal, 0 as Seq, made);
    expect(statSync(made).mode & 0o777).toBe(0o600);
    expect(readFileSync(victim, "utf8")).toBe("mine");
    expect(existsSync(join(directory, "none"))).toBe(false);
  });
});

test("a fork of a compacted and redacted journal is as compacted and redacted as it", () => {
  fc.assert(
    fc.property(
      fc.array(steps(15), { minLength: 2, maxLength: 4 }),
      fc.nat(100),
      fc.nat(100),
      (runs, folding, forking) => {
        withTemporary((directory) => {
          const file = join(directory, "one.db");
          const { fs, journal } = openRecording(file);
          for (const changes of runs) {
            changeAsRun(fs, changes);
            journal.commit();
          }
          const head = journal.head();
          journal.close();
          const last = Math.floor((head * folding) / 100) as Seq;
          compact(file, { what: "a", choose: () => last, stateAt: baseState, now: () => late });
          const choose = (from: Journal) =>
            planRedaction(from, { path: "/" }).spans.filter((_, index) => index % 2 === 0);
          redact(file, { what: "/", choose, now: () => late });

          const from = openReader(file);
          const first = from.base()?.seq ?? 0;
          const seq = (first + Math.floor(((head - first) * forking) / 100)) as Seq;
          const { events } = fork(from, seq, join(directory, "two.db"));
          expect(verify(join(directory, "two.db"))).toMatchObject({ ok: true, events });
          const copy = openWriter(join(directory, "two.db"));
          expect(copy.events((first + 1) as Seq, seq)).toEqual(
            from.events((first + 1) as Seq, seq),
          );
          expect(copy.base()?.seq).toBe(from.base()?.seq);
          expect(verifyStates(copy)).toBeUndefined();
          const ends = copy.tapeLength(seq);
          expect(copy.redacted(0, ends).map(({ start, length }) => [start, length])).toEqual(
            from.redacted(0, ends).map(({ start, length }) => [start, length]),
          );
          const states = openHistory(copy);
          const originals = openHistory(from);
          for (let at = first; at <= seq; at += 3) {
            const one = states.at(at as Seq);
            expect(difference(one, originals.at(at as Seq), tapeOf(copy))).toEqual([]);
          }
          const tree = replay(copy, copy.head());
          changeAsRun(
            new FileSystem({ journal: copy, tree, limits: profiles.default }),
            runs[0] ?? [],
          );
          copy.close();
          from.close();
          expect(verify(join(directory, "two.db"))).toMatchObject({ ok: true });
        });
      },
    ),
    { numRuns: attempts(15) },
  );
});

const late = 3_000_000_000_000n;
