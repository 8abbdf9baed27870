import { type Journal, type JournalWriter, openWriter, rootIno } from "../../journal/index.ts";
import {
  FileSystem,
  type Limits,
  type Tree,
  emptyTree,
  inodeOf,
  profiles,
} from "../../src/fs/index.ts";
import { type History, diffTrees, openHistory } from "../../src/history/index.ts";
import { type Recorder, recorderOn } from "./journal.ts";
import { type Step, makeChanges } from "./model/mutations.ts";

export interface Recording {
  readonly fs: FileSystem;
  readonly journal: JournalWriter;
  readonly history: History;
  readonly recorder: Recorder;
}

/** Opens a filesystem on a new journal in memory, whose clock ticks a microsecond an event. */
export function openRecording(file = ":memory:", limits: Partial<Limits> = {}): Recording {
  let time = 1_000_000_000_000n;
  const journal = openWriter(file, { now: () => (time += 1_000n) });
  const fs = new FileSystem({
    journal,
    tree: emptyTree(),
    limits: { ...profiles.default, ...limits },
  });
  return { fs, journal, history: openHistory(journal), recorder: recorderOn(journal, fs) };
}

/** Makes the possible changes, as a run of their own. */
export function changeAsRun(fs: FileSystem, changes: readonly Step[]): void {
  fs.begin({ cause: "library", guest: "test", args: [], environment: [], digest: "" });
  makeChanges(fs, changes);
  fs.end({ exit: 0 });
}

/** Lists every path that differs in name, inode, content, target or times, and the root's times. */
export function difference(left: Tree, right: Tree, readTape?: Journal["readTape"]): string[] {
  const [one, other] = [left, right].map((tree) => inodeOf(tree, rootIno));
  const isSame = one?.mtime === other?.mtime && one?.atime === other?.atime;
  const options = readTape === undefined ? {} : { readTape };
  const changes = diffTrees(left, right, { times: "include", ...options });
  return [
    ...(isSame ? [] : ["touched /"]),
    ...changes.map(({ path, change }) => `${change} ${path}`),
  ];
}
