import {
  type Durability,
  type Event,
  type Ino,
  type Journal,
  type JournalWriter,
  openWriter,
  rootIno,
} from "../../journal/index.ts";
import {
  type Command,
  FileSystem,
  FsError,
  type Gate,
  type Inode,
  type Limits,
  type Place,
  decide,
  profiles,
} from "../fs/index.ts";
import {
  type History,
  type NamedStat,
  type Stat,
  lookup,
  openHistory,
  readRange,
  readdir,
  replay,
  statOf,
  tapeOf,
} from "../history/index.ts";
import type { Answer, Question, Rule } from "../rules/index.ts";
import { libraryGate } from "./rules-gate.ts";

/** Facts of a run besides its name. */
export interface RunInfo {
  /** Words that it is found by: `run:label:NAME=TEXT` is a revision. */
  readonly labels?: Readonly<Record<string, string>>;
}

interface OpenRun extends RunInfo {
  readonly name: string;
  hasBegun: boolean;
}

/** Options for opening a filesystem. */
export interface OpenFileSystemOptions {
  /** The kind of crash that a change survives once its call has returned. Default: "process". */
  readonly durability?: Durability;
  /** Limits of the filesystem; the default profile has those that are not given. */
  readonly limits?: Partial<Limits>;
  /** Returns nanoseconds since the epoch. Default: the system's clock. */
  readonly now?: () => bigint;
  /** Rules that each call is held to; the first one that fits a call counts. */
  readonly rules?: readonly Rule[];
  /** Answers where a rule asks, at once. Without it, and where it throws, the answer is "deny". */
  readonly ask?: (question: Question) => Answer;
  /** Is asked about each change that no rule decides, before it is made. Denies by throwing, too; undefined is "allow". */
  readonly beforeChange?: (question: Question) => "allow" | "deny" | void;
}

/**
 * Opens the filesystem of a journal for reading and writing, and makes the journal if it does not exist; ":memory:"
 * makes one in memory. Only one process at a time can write a journal. Throws JournalError.
 */
export function openFileSystem(file: string, options: OpenFileSystemOptions = {}): OpenFileSystem {
  const { durability = "process", limits = {}, now } = options;
  const journal = openWriter(file, { durability, ...(now === undefined ? {} : { now }) });
  const gate = libraryGate(options, (position, length, target, at) =>
    journal.readTape(position, length, target, at),
  );
  return new OpenFileSystem(journal, { ...profiles.default, ...limits }, now, gate);
}

/**
 * The filesystem of one journal, open for writing. Each change is an event in the journal before its call returns.
 * Paths begin at the root, with or without "/". Symlinks on the way are followed; for changes only those that do not
 * begin with "/", as for guests. Throws FsError, without changing anything, if the state or a rule forbids the call,
 * and JournalError if the journal cannot go on.
 */
export class OpenFileSystem {
  /** The journal, for reading. */
  readonly journal: Journal;
  /** The past; it includes each event as soon as it is recorded. */
  readonly history: History;
  readonly #writer: JournalWriter;
  readonly #limits: Limits;
  readonly #gate: Gate | undefined;
  readonly #listeners = new Set<(event: Event) => void>();
  #files: FileSystem | undefined;
  #run: OpenRun | undefined;

  /** @internal */
  constructor(writer: JournalWriter, limits: Limits, now?: () => bigint, gate?: Gate) {
    this.#writer = writer;
    this.#gate = gate;
    this.#limits = limits;
    this.journal = writer;
    this.history = openHistory(writer, now === undefined ? {} : { now });
  }

  /**
   * The writer of the journal.
   * @internal
   */
  get writer(): JournalWriter {
    return this.#writer;
  }

  /** The live filesystem; it reads the whole state when it is first used. @internal */
  get files(): FileSystem {
    this.#files ??= new FileSystem({
      journal: this.#writer,
      tree: replay(this.#writer, this.#writer.head()),
      onEvent: (event) => this.#tell(event),
      limits: this.#limits,
      gate: this.#gate,
    });
    return this.#files;
  }

  /**
   * Records all changes of `act` as one run with this name, which undo reverts as a whole. A change outside of any run
   * is a run of its own. Where `act` returns a promise, the run goes on until that is settled, and the result is a
   * promise too. If `act` throws, or its promise is rejected, the run ends, and its changes stay.
   */
  run<T>(name: string, act: () => T, { labels }: RunInfo = {}): T {
    if (this.#run !== undefined)
      throw new TypeError(`cannot begin the run ${name} within another run`);
    this.#run = { name, hasBegun: false, ...(labels === undefined ? {} : { labels }) };
    let result: T;
    try {
      this.#begin(this.#run);
      result = act();
    } catch (error) {
      throw this.#failed(error);
    }
    if (!isPromise(result)) {
      this.#end();
      return result;
    }
    const settled = result.then(
      (value) => {
        this.#end();
        return value;
      },
      (error: unknown) => {
        throw this.#failed(error);
      },
    );
    // The type of `result` says that it is a promise.
    return settled as T;
  }

  /**
   * Makes changes in the run that is going on, or else in one of their own with this name, which begins with the first
   * of them: where there is none, there is no run.
   * @internal
   */
  within<T>(name: string, act: (perform: Perform) => T, info: RunInfo = {}): T {
    if (this.#run !== undefined) return act(this.#perform);
    this.#run = { name, hasBegun: false, ...info };
    let result: T;
    try {
      result = act(this.#perform);
    } catch (error) {
      throw this.#failed(error);
    }
    this.#end();
    return result;
  }

  /**
   * Calls `listener` with each event from now on, as soon as it is recorded and its change is made; with `since`, with
   * those after that event first, before it returns. What it throws, the call that made the change throws. Returns a
   * function that ends this.
   */
  onEvent(
    listener: (event: Event) => void,
    { since }: { readonly since?: number } = {},
  ): () => void {
    if (since !== undefined)
      for (const event of this.journal.query({ first: since + 1 })) listener(event);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells whether a path exists. */
  exists(path: string): boolean {
    return lookup(this.files.tree, path, "follow") !== undefined;
  }

  /** Returns the facts about a path; with "keep" those of a symlink itself. */
  stat(path: string, finalLink: "follow" | "keep" = "follow"): Stat {
    return statOf(this.#inode(path, finalLink));
  }

  /** Returns the bytes of a file from `start` to `end`, clipped to its size. */
  readFile(path: string, start = 0, end = Number.MAX_SAFE_INTEGER): Uint8Array {
    const inode = this.#inode(path, "follow");
    if (inode.type !== "file") throw new FsError("is-directory", path);
    this.files.requireReadable(inode.ino);
    return readRange(inode, tapeOf(this.#writer), start, Math.min(end, inode.content.size));
  }

  /** Returns the entries of a directory, sorted by name in byte order. */
  readdir(path: string): NamedStat[] {
    const inode = this.#inode(path, "follow");
    if (inode.type !== "directory") throw new FsError("not-directory", path);
    this.files.requireReadable(inode.ino);
    return readdir(this.files.tree, inode).map((entry) => ({
      name: entry.name,
      ...statOf(entry.inode),
    }));
  }

  /** Makes a directory. */
  mkdir(path: string): void {
    this.#change("mkdir", path, "keep", ({ parent, name }, perform) =>
      perform({ kind: "mkdir", parent, name }),
    );
  }

  /** Replaces the content of a file, or makes the file. Text is written as UTF-8. */
  writeFile(path: string, content: string | Uint8Array): void {
    this.#change("write", path, "follow", (place) => {
      const ino = this.#fileAt(place, path);
      this.#perform({ kind: "set-size", ino, size: 0 });
      return this.#write(ino, 0, content);
    });
  }

  /** Appends to a file, or makes the file. */
  appendFile(path: string, content: string | Uint8Array): void {
    this.#change("append", path, "follow", (place) => {
      const ino = this.#fileAt(place, path);
      const inode = this.files.inode(ino);
      return this.#write(ino, inode?.type === "file" ? inode.content.size : 0, content);
    });
  }

  /** Truncates a file, or extends it with zeros that take no room. */
  truncate(path: string, size: number): void {
    if (!Number.isSafeInteger(size) || size < 0) throw new FsError("invalid", path);
    this.#change("truncate", path, "follow", ({ ino }, perform) =>
      perform({ kind: "set-size", ino: required(ino, path), size }),
    );
  }

  /** Makes a symlink to `target`, which need not exist. */
  symlink(target: string, path: string): void {
    this.#change("symlink", path, "keep", ({ parent, name }, perform) =>
      perform({ kind: "symlink", parent, name, target }),
    );
  }

  /** Gives a file a further name. */
  link(path: string, newPath: string): void {
    const { ino } = this.#inode(path, "keep");
    this.#change("link", newPath, "keep", ({ parent, name }, perform) =>
      perform({ kind: "link", ino, parent, name }),
    );
  }

  /** Moves a path; replaces a file, symlink or empty directory at the new path. */
  rename(path: string, newPath: string): void {
    this.#change("rename", path, "keep", ({ parent, name }, perform) => {
      const { parent: toParent, name: toName } = this.#entry(newPath, "keep");
      return perform({ kind: "rename", parent, name, toParent, toName });
    });
  }

  /** Removes a file, a symlink or an empty directory. */
  remove(path: string): void {
    const kind = this.#inode(path, "keep").type === "directory" ? "rmdir" : "unlink";
    this.#change("remove", path, "keep", ({ parent, name }, perform) =>
      perform({ kind, parent, name }),
    );
  }

  /** Returns once all events are on disk, whatever the durability. */
  sync(): void {
    this.files.sync();
  }

  /** Commits all events, and allows the next writer to open the journal. */
  close(): void {
    this.#writer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #tell(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }

  readonly #perform: Perform = (command, bytes) => {
    const { files } = this;
    const run = this.#run;
    if (run?.hasBegun === false) {
      // Throws what `perform` would, before anything is recorded.
      const draft = decide({ tree: files.tree, limits: files.limits, isOpen: () => true }, command);
      if (draft === undefined) return undefined;
      this.#begin(run);
    }
    return files.perform(command, bytes);
  };

  #begin(run: OpenRun): void {
    const labels = new Map(Object.entries(run.labels ?? {}));
    const said = labels.size === 0 ? {} : { labels };
    const start = { args: [], environment: [], digest: "", ...said };
    this.files.begin({ cause: "library", guest: run.name, ...start });
    run.hasBegun = true;
  }

  #end(): void {
    const hasBegun = this.#run?.hasBegun === true;
    this.#run = undefined;
    if (hasBegun) this.files.end({ exit: 0 });
  }

  /** Ends a run that failed, and returns the error to throw. */
  #failed(error: unknown): unknown {
    const hasBegun = this.#run?.hasBegun === true;
    this.#run = undefined;
    const { files } = this;
    if (hasBegun && files.failure === undefined)
      files.end({ exit: 1, reason: reasonOf(error).toWellFormed() });
    return files.failure ?? error;
  }

  #change(
    what: string,
    path: string,
    finalLink: "follow" | "keep",
    act: (place: Entry, perform: Perform) => Event | undefined,
  ): void {
    const place = this.#entry(path, finalLink);
    this.within(`${what} ${path}`, (perform) => act(place, perform));
  }

  #entry(path: string, finalLink: "follow" | "keep"): Entry {
    const relative = /^\/+$/.test(path) ? "." : path.replace(/^\/+/, "");
    const place = this.files.resolve(rootIno, relative, finalLink);
    if (place.at !== "entry") throw new FsError(this.exists(path) ? "exist" : "no-entry", path);
    return place;
  }

  #inode(path: string, finalLink: "follow" | "keep"): Inode {
    const inode = lookup(this.files.tree, path, finalLink);
    if (inode === undefined) throw new FsError("no-entry", path);
    return inode;
  }

  /** Returns the file of an entry, and makes it if it does not exist. */
  #fileAt({ parent, name, ino, slash }: Entry, path: string): Ino {
    if (slash) throw new FsError("is-directory", path);
    if (ino !== undefined) return ino;
    const made = this.#perform({ kind: "create", parent, name });
    if (made?.kind !== "create") throw new Error("a file that was made has no event");
    return made.ino;
  }

  #write(ino: Ino, offset: number, content: string | Uint8Array): Event | undefined {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return this.#perform({ kind: "write", ino, offset, length: bytes.length }, bytes);
  }
}

/** Makes a change; returns undefined if there was nothing to change. */
type Perform = (command: Command, bytes?: Uint8Array) => Event | undefined;

type Entry = Extract<Place, { readonly at: "entry" }>;

function required(ino: Ino | undefined, path: string): Ino {
  if (ino === undefined) throw new FsError("no-entry", path);
  return ino;
}

function isPromise<T>(value: T): value is T & Promise<unknown> {
  return value instanceof Promise;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
