import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import {
  type Journal,
  JournalError,
  type Seq,
  compact,
  openReader,
  redact,
  signHead,
  verify,
} from "../../journal/index.ts";
import { baseState, openHistory, planRedaction, verifyStates } from "../../src/history/index.ts";
import { rewindfs } from "../support/screen/command.ts";
import { record } from "../support/journal.ts";
import { Random, seedOf } from "../support/random.ts";
import { patience, scale } from "../support/scale.ts";
import { tried } from "../support/tried.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-damage-"));
const whole = join(folder, "whole.db");
/** The same with its first run folded, and two of its writes redacted. */
const rewritten = join(folder, "rewritten.db");
const damaged = join(folder, "rewind.db");

/** A journal to be damaged, and all its contents. */
interface Original {
  readonly bytes: Buffer;
  readonly answers: string;
}
const originals: Original[] = [];
const which = fc.constantFrom(0, 1);

beforeAll(() => {
  record(whole, (step) => {
    for (let run = 0; run < 6; run += 1) {
      step.run(`guest-${run}`, ["--number", String(run)], () => {
        step.mkdir(`/d${run}`);
        for (let file = 0; file < 20; file += 1) {
          step.write(`/d${run}/f${file}`, `run ${run}\n`.repeat(20 + 40 * file));
          step.refuse("open-at", `../outside-${run}-${file}`);
        }
        step.rename(`/d${run}/f0`, `/moved-${run}`);
        step.symlink(`/d${run}/link`, "f1");
      });
      step.mark(`after ${run}`);
    }
  });
  copyFileSync(whole, rewritten);
  const now = () => 2n ** 62n;
  redact(rewritten, {
    what: "two files",
    choose: (journal) =>
      ["/d0/f3", "/d4/f4"].flatMap((path) => planRedaction(journal, { path }).spans),
    now,
  });
  const choose = (journal: Journal) => journal.run(1 as never)?.last ?? (0 as Seq);
  compact(rewritten, { what: "run:1", choose, stateAt: baseState, now });
  signHead(rewritten, generateKeyPairSync("ed25519").privateKey);
  for (const file of [whole, rewritten]) {
    copyFileSync(file, damaged);
    originals.push({ bytes: readFileSync(file), answers: answersOf(damaged) });
  }
  return () => rmSync(folder, { recursive: true });
});

/** Returns everything that a journal contains, as one text. */
function answersOf(file: string): string {
  const journal = openReader(file);
  try {
    const history = openHistory(journal);
    const state = history.state("@");
    const told: unknown[] = [
      journal.events(1 as Seq, journal.head()),
      journal.runs(),
      journal.marks(),
    ];
    told.push([...journal.paths()], history.state("run:2").readdir("/"));
    for (const { path, type } of state.walk("/")) {
      told.push([
        path,
        type === "file" ? Buffer.from(state.readFile(path)).toString("latin1") : "",
      ]);
    }
    return JSON.stringify(told, (_, value: unknown) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
  } finally {
    journal.close();
  }
}

const someByte = fc.nat(2 ** 31);

/** Kinds of damage to a file; their numbers are taken modulo the available range. */
const damage = fc.oneof(
  fc.record({
    kind: fc.constant("flip" as const),
    at: someByte,
    mask: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ kind: fc.constant("zero" as const), at: someByte }),
  fc.record({ kind: fc.constant("cut" as const), at: someByte }),
  fc.record({ kind: fc.constant("copy" as const), at: someByte, from: someByte }),
  fc.record({ kind: fc.constant("noise" as const), at: someByte, mask: fc.nat() }),
);
type Damage = typeof damage extends fc.Arbitrary<infer One> ? One : never;

const headerBytes = 100;

function suffer(bytes: Buffer, one: Damage): Buffer {
  const result = Buffer.from(bytes);
  // SQLite's header has it.
  const pageBytes = bytes.readUInt16BE(16);
  const page = (at: number): number => (at % Math.floor(bytes.length / pageBytes)) * pageBytes;
  switch (one.kind) {
    case "flip": {
      const at = one.at % bytes.length;
      result[at] = (result[at] ?? 0) ^ one.mask;
      return result;
    }
    case "zero":
      return result.fill(0, page(one.at), page(one.at) + pageBytes);
    case "cut":
      return result.subarray(0, one.at % bytes.length);
    case "copy":
      bytes.copy(result, page(one.at), page(one.from), page(one.from) + pageBytes);
      return result;
    case "noise":
      result.set(new Random(one.mask).bytes(64), one.at % (bytes.length - 64));
      return result;
  }
}

/** Writes a damaged copy of an original in its place; returns the original. */
function damageWith(one: Damage, number: number): Original {
  const original = originals[number];
  if (original === undefined) throw new Error("there is no such original");
  for (const end of ["-wal", "-shm", "-tail", "-lock", "-journal"])
    rmSync(damaged + end, { force: true });
  writeFileSync(damaged, suffer(original.bytes, one));
  return original;
}

describe("a damaged file", () => {
  test(
    "is refused or found damaged, with a place, or tells just what it told before",
    { timeout: patience(60_000) },
    () => {
      fc.assert(
        fc.property(damage, which, (one, number) => {
          const { answers } = damageWith(one, number);
          const accepted = accepts();
          const told = orJournalError(() => answersOf(damaged));
          if (accepted) expect(told).toBe(answers);
          tried("damaged files", 1);
        }),
        { numRuns: 24 * scale, seed: seedOf(), interruptAfterTimeLimit: 30_000 * scale },
      );
    },
  );

  test("whose tables hold the rows of another is refused, or found damaged", () => {
    const tables = ["meta", "place", "event", "moved", "segment", "chain", "snapshot"];
    const added = ["redacted", "base", "base_page", "kept", "signature", "event", "chain"];
    const pairs = [
      ...tables.flatMap((table) => tables.map((other) => [whole, table, other] as const)),
      ...added.flatMap((table) => added.map((other) => [rewritten, table, other] as const)),
    ];
    for (const [file, table, other] of pairs) {
      if (table === other) continue;
      copyFileSync(file, damaged);
      const db = new Database(damaged).unsafeMode();
      db.exec(`PRAGMA writable_schema = ON;
          UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = '${other}')
            WHERE name = '${table}'`);
      db.close();
      expect(accepts(), `${table} holds ${other}`).toBe(false);
      orJournalError(() => answersOf(damaged));
    }
  });

  test(
    "is no reason for any reading command to fall over, and not to tell what is whole",
    { timeout: patience(60_000) },
    () => {
      const random = new Random(seedOf());
      for (let round = 0; round < scale; round += 1) {
        const number = round % 2;
        // The header that identifies it as a journal stays.
        const at = headerBytes + random.below((originals[number]?.bytes.length ?? 0) - headerBytes);
        damageWith({ kind: "noise", at, mask: random.below(2 ** 31) }, number);
        const label = `seed ${process.env["REWINDFS_SEED"]}, round ${round}`;
        const verdict = rewindfs(folder, ["verify"]);
        expect([0, 3], label).toContain(verdict.exit);
        if (verdict.exit === 3)
          expect(verdict.stdout + verdict.stderr, label).toMatch(/damaged|Hint: /);
        for (const args of [
          ["log"],
          ["ls", "/"],
          ["cat", "/moved-1"],
          ["diff"],
          ["blame", "/moved-2"],
          ["log", "/moved"],
          ["undo", "--dry-run"],
          ["redact", "/moved-1", "--dry-run"],
        ]) {
          const { exit, stderr } = rewindfs(folder, args);
          expect([0, 1, 2, 3], `${label}, ${args.join(" ")}: ${stderr}`).toContain(exit);
          expect(stderr, label).not.toContain("should not have happened");
        }
        tried("damaged files, read by every command", 1);
      }
    },
  );
});

function accepts(): boolean {
  const verdict = orJournalError(() => verify(damaged));
  if (verdict === undefined) return false;
  if (!verdict.ok) {
    expect(verdict.reason).not.toBe("");
    return false;
  }
  const journal = openReader(damaged);
  try {
    return verifyStates(journal) === undefined;
  } finally {
    journal.close();
  }
}

/** Returns the act's result, or undefined if the journal reports an error; any other error fails the test. */
function orJournalError<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    if (error instanceof JournalError || isAnswer(error)) return undefined;
    throw error;
  }
}

function isAnswer(error: unknown): boolean {
  return error instanceof Error && ["RevisionError", "FsError", "MisfitError"].includes(error.name);
}
