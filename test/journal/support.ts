import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, onTestFinished } from "vitest";
import { openThroughKeeper } from "./through-keeper.ts";
import { runStart } from "./support-steps.ts";
import {
  type Draft,
  type Event,
  doneBySomebody,
  faultOfGuest,
  type Ino,
  isByteText,
  type JournalWriter,
  largestMode,
  type Name,
  openWriter,
  type ProcessNumber,
  type Seq,
  specialTypes,
  type TapePosition,
  type WriterOptions,
} from "../../journal/index.ts";
import { anyCharacter } from "../support/any-character.ts";

/** Makes a directory for each test file, removed when it ends; in memory if there is such a place. */
export function scratch(): (name: string) => string {
  const directory = mkdtempSync(
    join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "rewindfs-journal-"),
  );
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return (name) => join(directory, name);
}

/** Returns a clock that moves by `step` nanoseconds each time it is read. */
export function tickingClock(step = 1_000n): () => bigint {
  let time = 1_795_500_000_000_000_000n;
  return () => (time += step);
}

export { runStart } from "./support-steps.ts";

/** The two ways to write a journal, which promise the same. */
export const writers: readonly {
  readonly by: string;
  readonly open: (file: string, options?: WriterOptions) => JournalWriter;
  /** Generates what it may be given. */
  readonly history: typeof history;
}[] = [
  { by: "in its own thread", open: openWriter, history },
  { by: "through a keeper", open: openThroughKeeper, history: guestHistory },
];

export interface Step {
  readonly draft: Draft;
  readonly payload?: Uint8Array;
}

/** Names that malicious guests give to files. */
export const hostileNames = [
  "a\nb",
  "\u001b[31mred\u001b[0m",
  "__proto__",
  "constructor",
  "x".repeat(255),
  "😀".repeat(60),
  'it\'s "quoted"; DROP TABLE event; --',
  "é",
  "e\u0301",
  " ",
  "\u202egnp.exe",
  "%s?*[",
  "\uFFFD",
  // Bytes that are no UTF-8, and a character that stands for one in columns.
  "\uDCFF\uDC80.txt",
  "latin-\uDCE9",
  "\u{10FE80}",
  '{"a":1}',
];

export const name: fc.Arbitrary<Name> = fc
  .oneof(
    fc.constantFrom(...hostileNames),
    fc.constantFrom("a", "b", "c"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
  )
  .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== ".." && isByteText(text))
  .map((text) => text as Name);

const ino = fc.integer({ min: 2, max: 9 }).map((value) => value as Ino);
const size = fc.oneof(
  fc.nat(100),
  fc.constantFrom(0, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER),
);
const moment = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const entry = fc
  .tuple(ino, fc.array(name, { maxLength: 2 }), name)
  .map(([number, directories, last]) => ({
    ino: number,
    parent: (directories.length + 1) as Ino,
    path: `/${[...directories, last].join("/")}`,
    name: last,
  }));
/** Names of extended attributes. */
const attribute = fc.constantFrom("user.a", "user.\u00e9", "user.\uDCFF");
const inode = entry.map((one) => ({ ino: one.ino, path: one.path }));

const mode = fc.record(
  { mode: fc.integer({ min: 0, max: largestMode }) },
  { requiredKeys: [], noNullPrototype: true },
);

function payloadOf(maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 64 }),
    fc
      .tuple(fc.integer({ min: 1, max: maxLength }), fc.nat(255))
      .map(([length, byte]) => new Uint8Array(length).fill(byte)),
    fc
      .tuple(fc.integer({ min: 1, max: maxLength }), fc.nat())
      .map(([length, seed]) => noise(length, seed)),
  );
}

/** Returns incompressible bytes. */
export function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed | 1) >>> 0;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

/** Generates any one thing that can happen inside a run. */
export function stepInRun(maxPayload = 64): fc.Arbitrary<Step> {
  const plain: fc.Arbitrary<Draft> = fc.oneof(
    fc.tuple(entry, mode).map(([one, said]) => ({ kind: "create" as const, ...one, ...said })),
    fc.tuple(entry, mode).map(([one, said]) => ({ kind: "mkdir" as const, ...one, ...said })),
    fc.tuple(inode, mode).map(([one, said]) => ({ kind: "set-mode" as const, ...one, ...said })),
    entry.map((one) => ({ kind: "link" as const, ...one })),
    fc.tuple(entry, name).map(([one, target]) => ({ kind: "symlink" as const, ...one, target })),
    fc.tuple(entry, fc.boolean()).map(([one, kept]) => ({ kind: "unlink" as const, ...one, kept })),
    fc.tuple(entry, fc.boolean()).map(([one, kept]) => ({ kind: "rmdir" as const, ...one, kept })),
    fc
      .tuple(
        entry,
        entry,
        fc.option(fc.record({ ino, kept: fc.boolean() }, { noNullPrototype: true }), {
          nil: undefined,
        }),
      )
      .map(([one, other, replaced]) => ({
        kind: "rename" as const,
        ...one,
        toParent: other.parent,
        toName: other.name,
        to: other.path,
        ...(replaced === undefined ? {} : { replaced }),
      })),
    fc.tuple(inode, size).map(([one, to]) => ({ kind: "set-size" as const, ...one, size: to })),
    fc
      .tuple(
        inode,
        fc.record({ atime: moment, mtime: moment }, { requiredKeys: [], noNullPrototype: true }),
      )
      .map(([one, times]) => ({ kind: "set-times" as const, ...one, ...times })),
    fc
      .tuple(
        inode,
        size,
        fc.array(
          fc.record(
            {
              offset: size,
              length: size,
              tape: fc.oneof(fc.constant("hole" as const), fc.nat(99)),
            },
            { noNullPrototype: true },
          ),
        ),
      )
      .map(
        ([one, to, extents]) => ({ kind: "revert" as const, ...one, size: to, extents }) as Draft,
      ),
    fc
      .tuple(inode, size, size)
      .map(([one, offset, length]) => ({ kind: "read" as const, ...one, offset, length })),
    inode.map((one) => ({ kind: "open" as const, ...one })),
    fc
      .tuple(entry, fc.constantFrom(...specialTypes), mode)
      .map(([one, type, said]) => ({ kind: "mknod" as const, ...one, type, ...said })),
    fc.tuple(entry, entry).map(([one, other]) => ({
      kind: "exchange" as const,
      ...one,
      toParent: other.parent,
      toName: other.name,
      to: other.path,
      other: other.ino,
    })),
    fc
      .tuple(inode, attribute)
      .map(([one, named]) => ({ kind: "remove-xattr" as const, ...one, attribute: named })),
    fc.tuple(inode, attribute, fc.nat(99)).map(([one, named, source]) => ({
      kind: "revert-xattr" as const,
      ...one,
      attribute: named,
      length: 3,
      source: source as TapePosition,
    })),
    fc.record(
      {
        kind: fc.constant("process" as const),
        number: fc.constant(0 as ProcessNumber),
        startedBy: fc.constant(1 as ProcessNumber),
        pid: fc.nat(),
        args: fc.array(name, { maxLength: 3 }),
        started: moment,
        executable: name,
      },
      { requiredKeys: ["kind", "number", "pid", "args"], noNullPrototype: true },
    ),
    fc.tuple(name, name, fc.boolean()).map(([path, rule, isAnswered]) => ({
      kind: "decision" as const,
      operation: "open",
      path,
      rule: rule.toWellFormed(),
      action: "ask -> deny",
      ...(isAnswered ? { answered: "somebody" } : {}),
    })),
    fc
      .tuple(
        fc.string({ unit: anyCharacter }),
        fc.integer({ min: 1, max: 1000 }),
        fc.option(name, { nil: undefined }),
      )
      .filter(([path]) => path.isWellFormed())
      .map(([path, count, limit]) => ({
        kind: "fail" as const,
        operation: "open-at",
        path,
        error: "not-permitted",
        count,
        ...(limit === undefined ? {} : { limit: limit.toWellFormed() }),
      })),
  );
  const write = fc.tuple(inode, size, payloadOf(maxPayload)).map(([one, offset, payload]) => ({
    draft: { kind: "write" as const, ...one, offset, length: payload.length },
    payload,
  }));
  const value = fc.tuple(inode, attribute, fc.uint8Array({ maxLength: 64 }));
  const setXattr = value.map(([one, named, payload]) => ({
    draft: { kind: "set-xattr" as const, ...one, attribute: named, length: payload.length },
    payload,
  }));
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: plain.map((draft) => ({ draft })) },
    { weight: 4, arbitrary: write },
    { weight: 1, arbitrary: setXattr },
  );
  const by = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
  return fc
    .tuple(step, by)
    .map(([one, process]) =>
      process === undefined || !doneBySomebody.has(one.draft.kind)
        ? one
        : { ...one, draft: { ...one.draft, by: process as ProcessNumber } as Draft },
    );
}

/** Numbers the processes of a run as they come; what is by none of them says none. */
function withProcesses(steps: readonly (Step | "commit")[]): (Step | "commit")[] {
  let known = 0;
  return steps.map((step) => {
    if (step === "commit") return step;
    const { draft } = step;
    if (draft.kind === "process") {
      const { startedBy, ...rest } = draft;
      const parent = startedBy === undefined || known === 0 ? {} : { startedBy };
      known += 1;
      return { ...step, draft: { ...rest, ...parent, number: known as ProcessNumber } };
    }
    if (!("by" in draft) || draft.by === undefined || draft.by <= known) return step;
    const { by: _, ...rest } = draft;
    return { ...step, draft: rest as Draft };
  });
}

/** Generates some runs, the last of them possibly still open, with marks in between; "commit" requests a commit. */
export function history(maxPayload = 64): fc.Arbitrary<readonly (Step | "commit")[]> {
  return historyOf(stepInRun(maxPayload));
}

/** Likewise, but only what a guest or its keeper records. */
export function guestHistory(maxPayload = 64): fc.Arbitrary<readonly (Step | "commit")[]> {
  const isGuests = ({ draft }: Step) =>
    draft.kind === "revert" || faultOfGuest(draft as Event) === undefined;
  return historyOf(stepInRun(maxPayload).filter(isGuests));
}

function historyOf(step: fc.Arbitrary<Step>): fc.Arbitrary<readonly (Step | "commit")[]> {
  const inRun = fc.array(
    fc.oneof(
      { weight: 9, arbitrary: step },
      { weight: 1, arbitrary: fc.constant("commit" as const) },
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  );
  const end = fc.record(
    { exit: fc.integer({ min: -1, max: 134 }), reason: fc.constantFrom("timeout", "unreachable") },
    { requiredKeys: ["exit"], noNullPrototype: true },
  );
  const run = fc
    .tuple(inRun, end, name, fc.boolean())
    .map(([steps, ended, mark, isMarked]): (Step | "commit")[] => [
      { draft: runStart },
      ...withProcesses(steps),
      ...(isMarked
        ? [{ draft: { kind: "mark" as const, name: mark.toWellFormed(), at: 1 as Seq } }]
        : []),
      { draft: { kind: "run-end", ...ended } },
    ]);
  return fc
    .tuple(fc.array(run, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([runs, isOpen]) => {
      const steps = runs.flat();
      return isOpen ? steps.slice(0, -1) : steps;
    });
}

/** Takes the steps, and returns the events that they led to. */
export function play(journal: JournalWriter, steps: readonly (Step | "commit")[]): Event[] {
  const events: Event[] = [];
  for (const step of steps) {
    if (step === "commit") journal.commit();
    else events.push(journal.append(step.draft, step.payload));
  }
  return events;
}

/** Returns the bytes that the steps put on the tape, in order. */
export function tapeOf(steps: readonly (Step | "commit")[]): Buffer {
  return Buffer.concat(
    steps.flatMap((step) =>
      step === "commit" || step.payload === undefined ? [] : [step.payload],
    ),
  );
}

/** Mounts a file system of this size in memory, for the time of the test; undefined if none may be mounted. */
export function mounted(
  size: string,
): { readonly directory: string; remount(option: string): void } | undefined {
  const directory = mkdtempSync(join(tmpdir(), "rewindfs-mount-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", directory]);
  if (status !== 0) {
    rmSync(directory, { recursive: true, force: true });
    return undefined;
  }
  onTestFinished(() => {
    spawnSync("umount", ["-l", directory]);
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    directory,
    remount: (option) => {
      if (spawnSync("mount", ["-o", `remount,${option}`, directory]).status !== 0)
        throw new Error(`remount ${option} failed`);
    },
  };
}
