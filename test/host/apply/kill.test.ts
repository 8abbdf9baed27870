import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import { type Seq, openWriter, rootIno, verify } from "../../../journal/index.ts";
import { FileSystem, inodeOf, profiles } from "../../../src/fs/index.ts";
import {
  lookup,
  openHistory,
  readRange,
  readdir,
  replay,
  tapeOf,
  verifyStates,
  walk,
} from "../../../src/history/index.ts";
import { applyToHost, importDirectory, offersToApply, undoApply } from "../../../src/host/index.ts";
import { record } from "../../support/journal.ts";
import { Random, seedOf } from "../../support/random.ts";
import { patience } from "../../support/scale.ts";
import { start } from "../../support/screen/command.ts";
import { withTemporary } from "../../support/temporary.ts";
import { tried } from "../../support/tried.ts";
import { callsToKillAt, changesOfFolders, testWhereTraced, traced } from "../../crash/traced.ts";
import { lines } from "./support.ts";

const tracedTest = testWhereTraced();

const program = lines([2, "program"], [25, "program"]);
const user = lines([2, "user"], [12, "user"]);

/** Prepares a folder on which a program and its user worked, and its journal. */
function prepare(directory: string, way: string): void {
  const host = join(directory, "host");
  mkdirSync(join(host, "d"), { recursive: true });
  for (const path of ["a", "b", "d/x"]) writeFileSync(join(host, path), lines());
  writeFileSync(join(host, "gone"), "gone");
  record(join(directory, "r.db"), ({ files, ...step }) => {
    importDirectory(files, host, "/in");
    step.run("guest", [], () => {
      step.write("/in/a", program);
      step.write("/in/b", program);
      step.write("/in/d/x", program);
      step.remove("/in/gone");
      step.mkdir("/in/e");
      step.write("/in/e/new", program);
      step.rename("/in/d", "/in/f");
    });
  });
  if (way === "undo") living(directory, (fs, history) => applyToHost(fs, history, host));
  else if (way !== "choose") writeFileSync(join(host, "a"), way === "merge" ? merging : user);
}

const merging = lines([12, "user"]);

function living<T>(
  directory: string,
  body: (fs: FileSystem, history: ReturnType<typeof openHistory>) => T,
): T {
  const journal = openWriter(join(directory, "r.db"));
  try {
    const tree = replay(journal, journal.head());
    const fs = new FileSystem({ journal, tree, limits: profiles.default });
    return body(fs, openHistory(journal));
  } finally {
    journal.close();
  }
}

function outside(host: string, above = ""): Record<string, string> {
  return Object.assign(
    {},
    ...readdirSync(host, { withFileTypes: true }).map((entry) =>
      entry.isDirectory()
        ? outside(join(host, entry.name), `${above}${entry.name}/`)
        : { [`${above}${entry.name}`]: readFileSync(join(host, entry.name), "utf8") },
    ),
  );
}

/** Returns every content that any file ever had in the journal. */
function everWas(history: ReturnType<typeof openHistory>): Set<string> {
  const found = new Set<string>();
  for (const { first, last } of history.journal.runs())
    for (let seq = first; seq <= last; seq = (seq + 1) as Seq) {
      const tree = history.at(seq);
      const named = [...walk(tree, inodeOf(tree, rootIno) ?? never(), "")].map(
        ({ inode }) => inode,
      );
      for (const inode of [...named, ...[...tree.orphans].map((ino) => inodeOf(tree, ino))])
        if (inode?.type === "file")
          found.add(Buffer.from(readRange(inode, tapeOf(history.journal))).toString());
    }
  return found;
}

function never(): never {
  throw new Error("there is no root");
}

tracedTest.each(["choose", "ours", "theirs", "merge", "undo"])(
  "an apply that is killed before any call loses nothing of either side, and the next goes on: %s",
  { timeout: patience(120_000) },
  (way) => {
    withTemporary((directory) => {
      // The folder has the same path in each try.
      const [place, backup] = [join(directory, "place"), join(directory, "backup")];
      mkdirSync(place);
      prepare(place, way);
      cpSync(place, backup, { recursive: true });
      const host = join(place, "host");
      const before = outside(host);
      for (const number of numbers()) {
        rmSync(place, { recursive: true });
        cpSync(backup, place, { recursive: true });
        const program = programOf(way, join(place, "r.db"), host);
        const told = traced(program, [], "signal=KILL", String(number), changesOfFolders);
        if (!told.killed) expect([told.exit, told.stderr]).toEqual([0, expect.any(String)]);
        tried("kills of an apply or its undo, at a call", told.killed ? 1 : 0);
        expectGoesOn(place, host, way, before);
        if (!told.killed) break;
      }
    });
  },
);

/** Returns the program that applies in this way: the command, or what a person does who chooses hunks. */
function programOf(way: string, journal: string, host: string): readonly string[] {
  if (way === "choose") return [new URL("kill-child.ts", import.meta.url).pathname, journal, host];
  return [start[1], "-j", journal, "apply", host, `--${way}`];
}

/**
 * Returns the calls before which it is killed: some at random in the short form, in the long one each until the end.
 */
function numbers(): readonly number[] {
  const random = new Random(seedOf());
  return callsToKillAt([1 + random.below(50)]);
}

function expectGoesOn(
  place: string,
  host: string,
  way: string,
  before: Readonly<Record<string, string>>,
): void {
  living(place, (fs, history) => {
    const known = everWas(history);
    const now = outside(host);
    for (const [path, content] of Object.entries(before))
      if (now[path] !== content) expect(known, `${path} is lost`).toContain(content);
    expect(known).toContain(program);
    if (way === "undo") {
      const { conflicts } = undoAgain(fs, history, host);
      expect(conflicts).toEqual([]);
      return;
    }
    const { summary } = offersToApply(history, history.journal.head(), host);
    const isSettled = summary.conflicts.length === 0;
    expect(summary.conflicts.map(({ path }) => path)).toEqual(
      isSettled || way === "choose" ? [] : ["a"],
    );
    const conflicts = way === "choose" ? "leave" : way;
    applyToHost(fs, history, host, { conflicts: conflicts as "leave" });
    const result = outside(host);
    expect(result).toEqual(inside(fs, history));
    const wanted = { choose: program, theirs: program, ours: user, merge: merged, undo: "" }[way];
    expect(result["a"]).toBe(wanted);
    expect(result["b"]).toBe(program);
    expect(Object.keys(result).sort()).toEqual(["a", "b", "e/new", "f/x"]);
    const names = readdir(fs.tree, inodeOf(fs.tree, rootIno) ?? never()).map(({ name }) => name);
    expect(names).toEqual(["in"]);
  });
  expect(verify(join(place, "r.db")).ok).toBe(true);
  living(place, (_, history) => expect(verifyStates(history.journal)).toBeUndefined());
}

const merged = lines([2, "program"], [12, "user"], [25, "program"]);

/** Finishes the undo: then everything is offered again, and comes back. */
function undoAgain(fs: FileSystem, history: ReturnType<typeof openHistory>, host: string) {
  const summary = applyToHost(fs, history, host);
  expect(outside(host)).toEqual(inside(fs, history));
  const undone = undoApply(fs, history, host);
  return { conflicts: [...summary.conflicts, ...undone.conflicts] };
}

function inside(fs: FileSystem, history: ReturnType<typeof openHistory>): Record<string, string> {
  const top = lookup(fs.tree, "/in") ?? never();
  return Object.fromEntries(
    [...walk(fs.tree, top, "")].flatMap(({ path, inode }) =>
      inode.type === "file"
        ? [[path.slice(1), Buffer.from(readRange(inode, tapeOf(history.journal))).toString()]]
        : [],
    ),
  );
}
