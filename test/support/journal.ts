import {
  type JournalWriter,
  type Name,
  type Ino,
  openWriter,
  rootIno,
} from "../../journal/index.ts";
import { FileSystem, FsError, profiles } from "../../src/fs/index.ts";
import { replay } from "../../src/history/index.ts";

/** Writes a journal in small steps like a guest's. Paths are absolute. */
export interface Recorder {
  readonly journal: JournalWriter;
  readonly files: FileSystem;
  /** Runs `body` as one run; returns its number. */
  run(guest: string, args: readonly string[], body: () => void, exit?: number): number;
  mkdir(path: string): void;
  /** Writes a file from its start, and makes it if it does not exist. */
  write(path: string, content: string | Uint8Array, offset?: number): void;
  truncate(path: string, size: number): void;
  rename(path: string, to: string): void;
  /** Gives two inodes the names of each other, as a native program can. */
  exchange(path: string, to: string): void;
  remove(path: string): void;
  symlink(path: string, target: string): void;
  /** Records a refusal as the WASI host would. */
  refuse(operation: string, path: string): void;
  mark(name: string): void;
}

/** Time of the first event, in nanoseconds: 2026-11-24T06:00:00Z; each event comes a millisecond after the last. */
export const firstTime = 1_795_500_000_000_000_000n;

/** Records into a new journal, with times and an identity that are the same each time. */
export function record(file: string, body: (recorder: Recorder) => void): void {
  let time = firstTime;
  const journal = openWriter(file, {
    now: () => {
      time += 1_000_000n;
      return time;
    },
  });
  try {
    const tree = replay(journal, journal.head());
    const files = new FileSystem({ journal, tree, limits: profiles.default });
    body(recorderOn(journal, files));
  } finally {
    journal.close();
  }
}

export function recorderOn(journal: JournalWriter, files: FileSystem): Recorder {
  const entry = (path: string) => {
    const place = files.resolve(rootIno, path.slice(1), "keep");
    if (place.at !== "entry") throw new Error(`${path} is no entry`);
    return place;
  };
  const inoOf = (path: string): Ino => {
    const { ino } = entry(path);
    if (ino === undefined) throw new Error(`${path} is not there`);
    return ino;
  };
  const placeOf = (path: string): { parent: Ino; name: Name } => {
    const { parent, name } = entry(path);
    return { parent, name };
  };
  const placesOf = (path: string, to: string) => {
    const { parent: toParent, name: toName } = placeOf(to);
    return { ...placeOf(path), toParent, toName };
  };

  return {
    journal,
    files,
    run(guest, args, body, exit = 0) {
      const { run } = files.begin({ cause: "guest", guest, args, environment: [], digest: "" });
      body();
      files.end({ exit });
      return run;
    },
    mkdir: (path) => void files.perform({ kind: "mkdir", ...placeOf(path) }),
    write(path, content, offset = 0) {
      if (entry(path).ino === undefined) files.perform({ kind: "create", ...placeOf(path) });
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      files.perform({ kind: "write", ino: inoOf(path), offset, length: bytes.length }, bytes);
    },
    truncate: (path, size) => void files.perform({ kind: "set-size", ino: inoOf(path), size }),
    rename: (path, to) => void files.perform({ kind: "rename", ...placesOf(path, to) }),
    exchange: (path, to) => void files.perform({ kind: "exchange", ...placesOf(path, to) }),
    remove(path) {
      const kind = files.inode(inoOf(path))?.type === "directory" ? "rmdir" : "unlink";
      files.perform({ kind, ...placeOf(path) });
    },
    symlink: (path, target) => void files.perform({ kind: "symlink", ...placeOf(path), target }),
    refuse(operation, path) {
      try {
        files.resolve(rootIno, path, "keep");
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
        return files.refuse({ operation, path, effect: "mutation" }, error);
      }
      throw new Error(`${path} is allowed`);
    },
    mark: (name) => void journal.append({ kind: "mark", name, at: journal.head() }),
  };
}
