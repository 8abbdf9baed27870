import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";

import {
  JournalError,
  type Kind,
  type Seq,
  compact,
  openReader,
  redact,
  verify,
} from "../../../journal/index.ts";
import {
  baseState,
  blame,
  grep,
  grepHistory,
  lookup,
  openHistory,
  planRedaction,
  tapeOf,
  undo,
  verifyStates,
} from "../../../src/history/index.ts";
import {
  type ImportOptions,
  type Skip,
  applyToHost,
  exportDirectory,
  fork,
  importDirectory,
  undoApply,
} from "../../../src/host/index.ts";
import { dump } from "../../support/dump/dump.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { type Recording, openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";
import { treeFaults } from "../../support/hostile/tree-faults.ts";

/** No file counts as changed a moment ago. */
const later = () => 2n ** 62n;

interface Listed extends Recording {
  readonly host: string;
  readonly at: (path: string) => string;
  readonly file: string;
  readonly directory: string;
  readonly take: (options?: ImportOptions) => ReturnType<typeof importDirectory>;
  readonly kinds: (kind: Kind) => number;
}

/** Runs with a folder of three texts, a script, links and a file of three pieces that was listed to /in. */
function withListed(run: (listed: Listed) => void): void {
  withTemporary((directory) => {
    const host = join(directory, "work");
    const at = (path: string) => join(host, path);
    mkdirSync(at("d/e"), { recursive: true });
    for (const name of ["a", "b", "d/c"]) writeFileSync(at(name), `${name}: one\n${name}: two\n`);
    writeFileSync(at("d/e/run.sh"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(at("empty"), "");
    writeFileSync(at("large"), Buffer.alloc(2_500_000, "large "));
    linkSync(at("a"), at("d/also-a"));
    symlinkSync("../b", at("d/link"));
    chmodSync(at("b"), 0o600);
    utimesSync(at("d"), 1_000, 2_000.5);
    const file = join(directory, "journal.db");
    const recording = openRecording(file);
    const { fs, history, journal } = recording;
    const take: Listed["take"] = (options = {}) =>
      importDirectory(fs, host, "/in", { history, bytes: "when needed", now: later, ...options });
    const kinds: Listed["kinds"] = (kind) => [...journal.query({ kinds: new Set([kind]) })].length;
    run({ ...recording, host, at, file, directory, take, kinds });
    journal.close();
  });
}

test("a folder that is listed is the same as one that is copied, by one event, and none of its bytes are in the journal", () => {
  withListed(({ fs, journal, history, take, kinds, host }) => {
    const { bytes, added, files } = take();
    expect([bytes, added, files]).toEqual([0, 11, 7]);
    expect([kinds("listing"), kinds("create"), kinds("fetch")]).toEqual([1, 0, 0]);
    expect(journal.tapeLength(journal.head())).toBeLessThan(1_000);
    const copied = openRecording();
    importDirectory(copied.fs, host, "/in", { history: copied.history });
    const outside = dump(copied.fs.tree, copied.journal, "/in");
    for (const tree of [fs.tree, history.at(journal.head())]) {
      expect(dump(tree, journal, "/in")).toEqual(outside);
      expect(treeFaults(tree)).toEqual([]);
    }
    expect(fullDump(history.at(journal.head()))).toEqual(fullDump(fs.tree));
    const inode = lookup(fs.tree, "/in/d/also-a");
    expect(inode).toBe(lookup(fs.tree, "/in/a"));
    expect(lookup(fs.tree, "/in/b")).toMatchObject({ mode: 0o600 });
    expect(kinds("fetch")).toBe(0);
    expect(verify(journal)).toMatchObject({ ok: true });
    expect(verifyStates(journal)).toBeUndefined();
  });
});

test("a file that was changed a moment ago is read at once, as a change in the same tick would not show", () => {
  withListed(({ take, kinds, at, journal }) => {
    take({ now: () => 0n });
    // All but the empty one, and the large one in three pieces.
    expect(kinds("fetch")).toBe(7);
    appendFileSync(at("d/c"), "more\n");
    const state = openHistory(journal).state("@");
    expect(Buffer.from(state.readFile("/in/d/c")).toString()).toBe("d/c: one\nd/c: two\n");
    expect(verifyStates(journal)).toBeUndefined();
  });
});

test("what a program changes is fetched first: the state before it is there, whatever becomes of the host", () => {
  withListed((listed) => {
    const { take, recorder, host, fs, history, kinds, journal } = listed;
    take();
    const before = dump(fs.tree, journal, "/in/d/c");
    recorder.run("program", [], () => {
      recorder.truncate("/in/d/c", 0);
      recorder.write("/in/d/c", "d/c: one\nthree\n");
      recorder.write("/in/new", "new");
      recorder.rename("/in/new", "/in/b");
      recorder.write("/in/large", "X", 1_500_000);
    });
    expect(kinds("fetch")).toBe(5);
    rmSync(host, { recursive: true });
    expect(dump(history.at(5 as Seq), journal, "/in/d/c")).toEqual(before);
    const file = lookup(fs.tree, "/in/d/c");
    if (file?.type !== "file") throw new Error("it is no file");
    const spans = blame(journal, file, journal.head());
    expect(spans.map(({ seq }) => journal.event(seq)?.kind)).toEqual(["write"]);
    undo(fs, history);
    expect(dump(fs.tree, journal, "/in/d/c")).toEqual(before);
    expect(verifyStates(journal)).toBeUndefined();
  });
});

test("bytes that were never read and are gone from the host are an error that says so, and never other bytes", () => {
  withListed(({ take, at, journal, fs, history }) => {
    take();
    appendFileSync(at("a"), "three\n");
    rmSync(at("d/e"), { recursive: true });
    const state = history.state("@");
    expect(Buffer.from(state.readFile("/in/b")).toString()).toBe("b: one\nb: two\n");
    for (const [path, why] of [
      ["/in/a", "the file there is not what it was"],
      ["/in/d/e/run.sh", "the file is no longer there"],
    ] as const)
      expect(thrownBy(() => state.readFile(path))).toMatchObject({
        code: "unread",
        message: expect.stringContaining(why) as unknown,
      });
    const unread: string[] = [];
    const matches = [
      ...grep(fs.tree, "/in", "one", tapeOf(journal), undefined, (path) => void unread.push(path)),
    ];
    expect(matches.map(({ path }) => path)).toEqual(["/in/b", "/in/d/c"]);
    expect(unread).toEqual(["/in/a", "/in/d/also-a", "/in/d/e/run.sh"]);
  });
});

test("a search through time asks for the promised pieces of a file once, and not at each of its writes", () => {
  withListed(({ take, journal, recorder, at }) => {
    take();
    rmSync(at("b"));
    recorder.run("program", [], () => {
      for (let i = 0; i < 100; i += 1) recorder.write("/in/large", "needle\n", 1_500_000 + 7 * i);
      recorder.write("/in/d/c", "needle");
    });
    const asked = vi.spyOn(journal, "promised");
    const unread = new Set<string>();
    const find = (text: string) => [
      ...grepHistory(journal, "/in", text, journal.head(), undefined, "events", (path) => {
        unread.add(path);
      }),
    ];
    expect(find("needle").map(({ path }) => path)).toEqual([
      ...Array.from({ length: 100 }, () => "/in/large"),
      "/in/d/c",
    ]);
    expect([...unread]).toEqual(["/in/b"]);
    expect(asked.mock.calls.length).toBeLessThan(50);
    asked.mockRestore();
  });
});

test("an export says which files it leaves out, as their bytes are nowhere", () => {
  withListed(({ take, at, journal, history, directory }) => {
    take();
    rmSync(at("b"));
    const target = join(directory, "out");
    const skipped: Skip[] = [];
    const onSkip = (skip: Skip) => void skipped.push(skip);
    exportDirectory(history.at(journal.head()), journal, target, { onSkip, path: "/in" });
    expect(readdirSync(target).sort()).toEqual(["a", "d", "empty", "large"]);
    expect(readFileSync(join(target, "large")).equals(readFileSync(at("large")))).toBe(true);
    expect(skipped.map(({ path, reason }) => `${path}: ${reason.slice(0, 25)}`)).toEqual([
      "/in/b: its bytes were never read",
    ]);
  });
});

test("a second import reads nothing of what is as it was listed, and takes what the host changed", () => {
  withListed(({ take, at, recorder, fs, journal }) => {
    take();
    recorder.run("program", [], () => recorder.write("/in/made", "made"));
    const again = take();
    expect(again).toMatchObject({ bytes: 0, added: 0, updated: 0, kept: 1, conflicts: [] });
    appendFileSync(at("d/c"), "d/c: three\n");
    rmSync(at("b"));
    renameSync(at("large"), at("larger"));
    expect(take()).toMatchObject({ added: 1, removed: 2, conflicts: [] });
    expect(dump(fs.tree, journal, "/in/d/c").join()).toContain("file 29 ");
    expect(verifyStates(journal)).toBeUndefined();
  });
});

test("two turns, an apply and its undo: what an apply takes from the host is in the journal first", () => {
  withListed(({ take, at, recorder, fs, history, host, journal, kinds }) => {
    take();
    const outside = () => {
      const one = openRecording();
      importDirectory(one.fs, host, "/in", { history: one.history });
      return dump(one.fs.tree, one.journal, "/in").map((line) => line.replace(/ \d+$/, ""));
    };
    const before = outside();
    recorder.run("program", [], () => {
      recorder.remove("/in/b");
      recorder.rename("/in/d", "/in/moved");
      recorder.write("/in/large", "X", 0);
    });
    writeFileSync(at("user"), "user's");
    take();
    recorder.run("program", [], () => recorder.write("/in/user", "program's", 0));
    expect(kinds("fetch")).toBe(3);
    const { changes, conflicts, left } = applyToHost(fs, history, host);
    expect([conflicts, left]).toEqual([[], []]);
    expect(changes.length).toBeGreaterThan(8);
    expect(readFileSync(at("user"), "utf8")).toBe("program's");
    expect(readFileSync(at("moved/c"), "utf8")).toBe("d/c: one\nd/c: two\n");
    expect(outside()).toEqual(
      dump(fs.tree, journal, "/in").map((line) => line.replace(/ \d+$/, "")),
    );
    expect(applyToHost(fs, history, host).changes).toEqual([]);
    undoApply(fs, history, host);
    rmSync(at("user"));
    expect(outside()).toEqual(before);
    expect(verifyStates(journal)).toBeUndefined();
  });
});

test("an apply that leaves a file alone whose bytes are nowhere can be taken back", () => {
  withListed(({ take, recorder, fs, history, host, at }) => {
    take();
    recorder.run("program", [], () => {
      recorder.rename("/in/b", "/in/moved");
      recorder.write("/in/new", "new");
    });
    writeFileSync(at("b"), "user's");
    const { left } = applyToHost(fs, history, host, { conflicts: "theirs" });
    expect(left.map(({ path }) => path)).toEqual(["moved"]);
    expect([existsSync(at("b")), existsSync(at("new"))]).toEqual([false, true]);
    undoApply(fs, history, host);
    expect(existsSync(at("new"))).toBe(false);
    expect(readFileSync(at("b"), "utf8")).toBe("user's");
  });
});

test("a fork, a compaction and a redaction keep what was fetched, and what was promised", () => {
  withListed(({ take, recorder, file, directory, journal, at }) => {
    take();
    recorder.run("program", [], () => {
      recorder.write("/in/a", "a: ONE\n", 0);
      recorder.write("/in/b", "b: ONE\n", 0);
      recorder.remove("/in/d/c");
    });
    const { tree } = { tree: dump(openHistory(journal).at(journal.head()), journal, "/in") };
    const copy = join(directory, "fork.db");
    fork(journal, journal.head(), copy);
    journal.close();
    const choose = () => 100 as Seq;
    for (const path of [file, copy]) {
      compact(path, { what: "100", choose, stateAt: baseState });
      expect(stateIn(path)).toEqual(tree);
      expect(verify(path)).toMatchObject({ ok: true });
    }
    const spans = redact(file, {
      what: "/in/a",
      choose: (one) => planRedaction(one, { path: "/in/a" }).spans,
    });
    expect(spans.spans).toBeGreaterThan(0);
    compact(file, { what: "100", choose, stateAt: baseState });
    rmSync(at("large"));
    const reader = openReader(file);
    const state = openHistory(reader).state("@");
    expect(Buffer.from(state.readFile("/in/b")).toString()).toBe("b: ONE\nb: two\n");
    expect(Buffer.from(state.readFile("/in/a")).toString()).not.toContain("two");
    expect(thrownBy(() => state.readFile("/in/large"))).toMatchObject({ code: "unread" });
    expect(verifyStates(reader)).toBeUndefined();
    reader.close();
    expect(verify(file)).toMatchObject({ ok: true });
  });
});

function stateIn(path: string): string[] {
  const reader = openReader(path);
  const lines = dump(openHistory(reader).at(reader.head()), reader, "/in");
  expect(verifyStates(reader)).toBeUndefined();
  reader.close();
  return lines;
}

function thrownBy(act: () => unknown): JournalError {
  try {
    act();
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
