import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import {
  type Event,
  type Ino,
  type Journal,
  type Seq,
  openReader,
  redact,
  verify,
} from "../../../journal/index.ts";
import { type Tree, entriesOf, extentsOf } from "../../../src/fs/index.ts";
import {
  comparableTape,
  lookup,
  openHistory,
  planRedaction,
  readRange,
  redactedRanges,
  tapeOf,
  verifyStates,
  walk,
} from "../../../src/history/index.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { record } from "../../support/journal.ts";
import { steps } from "../../support/model/mutations.ts";
import { attempts } from "../../support/scale.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-redaction-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const late = () => 3_000_000_000_000_000_000n;

function statesOf(journal: Journal): Tree[] {
  const history = openHistory(journal);
  return Array.from({ length: journal.head() + 1 }, (_, seq) => history.at(seq as Seq));
}

/** Finds the inodes at and below a path in any state, by looking at every one. */
function inosAt(states: readonly Tree[], path: string): Set<Ino> {
  const inos = new Set<Ino>();
  for (const tree of states) {
    const root = lookup(tree, "/");
    for (const visit of root === undefined ? [] : walk(tree, root, "/"))
      if (visit.path === path || visit.path.startsWith(`${path}/`)) inos.add(visit.inode.ino);
  }
  return inos;
}

test("a path stands for every inode that was ever at or below it, and for all that was written to those", () => {
  const paths = ["/a", "/b", "/a/b", "/c/a", "/__proto__"];
  fc.assert(
    fc.property(fc.array(steps(25), { maxLength: 3 }), fc.constantFrom(...paths), (runs, path) => {
      const { fs, journal } = openRecording();
      for (const changes of runs) changeAsRun(fs, changes);
      const inos = inosAt(statesOf(journal), path);
      const planned = planRedaction(journal, { path }).spans.map(({ start }) => start as number);
      for (const event of journal.query({ kinds: new Set(["write", "set-xattr"]) })) {
        if (isPayload(event) && inos.has(event.ino)) expect(planned).toContain(event.tape);
      }
      // Further ones are only those to which such bytes were restored.
      const puts = [...journal.query({ kinds: new Set(["revert", "revert-xattr"]) })].flatMap(
        (event) => {
          if (event.kind === "revert" && inos.has(event.ino)) return event.extents;
          if (event.kind !== "revert-xattr" || !inos.has(event.ino)) return [];
          return [{ offset: 0, tape: event.source, length: event.length }];
        },
      );
      for (const start of planned) {
        const event = journal.writer(start as never);
        const isPut = puts.some(
          ({ tape, length }) =>
            tape !== "hole" &&
            isPayload(event) &&
            tape < event.tape + event.length &&
            tape + length > event.tape,
        );
        expect(isPut || (isPayload(event) && inos.has(event.ino))).toBe(true);
      }
    }),
    { numRuns: attempts(40) },
  );
});

function isPayload(
  event: Event | undefined,
): event is Event & { readonly kind: "write" | "set-xattr" } {
  return event?.kind === "write" || event?.kind === "set-xattr";
}

test("after a redaction every state is what it was, but for the bytes that are gone", () => {
  fc.assert(
    fc.property(fc.array(steps(20), { minLength: 1, maxLength: 3 }), fc.nat(99), (runs, part) => {
      const file = join(folder, `${(count += 1)}.db`);
      const { fs, journal } = openRecording(file);
      for (const changes of runs) changeAsRun(fs, changes);
      const head = journal.head();
      journal.close();
      const before = openReader(file);
      const states = statesOf(before);
      const dumps = states.map((tree) => [...fullDump(tree)]);
      const bytes = states.map((tree) => filesIn(tree, before));
      before.close();
      const last = Math.floor((head * part) / 100) as Seq;
      redact(file, {
        what: "some",
        choose: (from) => planRedaction(from, { first: 1 as Seq, last }).spans,
        now: late,
      });
      expect(verify(file)).toMatchObject({ ok: true });
      const after = openReader(file);
      expect(verifyStates(after)).toBeUndefined();
      const history = openHistory(after);
      for (const [seq, dump] of dumps.entries()) {
        const tree = history.at(seq as Seq);
        expect([...fullDump(tree)]).toEqual(dump);
        for (const [ino, now] of filesIn(tree, after)) {
          const was = bytes[seq]?.get(ino) ?? Buffer.alloc(0);
          const file = [...entriesOf(tree.inodes)].find(([number]) => number === ino)?.[1];
          const gone = file?.type === "file" ? redactedRanges(after, file) : [];
          for (const { start, end } of gone) was.copy(now, start, start, end);
          expect(now.equals(was)).toBe(true);
          for (const { tape } of file?.type === "file" ? extentsOf(file.content) : [])
            if (tape !== "hole" && tape < after.tapeLength(last))
              expect(gone.length).toBeGreaterThan(0);
        }
      }
      after.close();
    }),
    { numRuns: attempts(15) },
  );
});

function filesIn(tree: Tree, journal: Journal): Map<Ino, Buffer> {
  const files = new Map<Ino, Buffer>();
  for (const [, inode] of entriesOf(tree.inodes))
    if (inode.type === "file") files.set(inode.ino, Buffer.from(readRange(inode, tapeOf(journal))));
  return files;
}

test("two contents that are redacted are not taken to be the same", () => {
  const file = join(folder, "compare.db");
  record(file, (step) => {
    step.run("one", [], () => step.write("/a", "first word of it"));
    step.run("two", [], () => step.write("/a", "other word of it"));
  });
  redact(file, {
    what: "/a",
    choose: (journal) => planRedaction(journal, { path: "/a" }).spans,
    now: late,
  });
  const journal = openReader(file);
  const history = openHistory(journal);
  const [one, other] = ["run:1", "run:2"].map((revision) => {
    const inode = lookup(history.state(revision).tree, "/a");
    if (inode?.type !== "file") throw new Error("there is no file");
    return [tapeOf(journal), comparableTape(journal)].map((tape) =>
      Buffer.from(readRange(inode, tape)).toString("latin1"),
    );
  });
  expect(one?.[0]).toBe(other?.[0]);
  expect(one?.[1]).not.toBe(other?.[1]);
  journal.close();
});
