import type { JournalWriter } from "../../../journal/index.ts";
import { personsPid } from "../../../journal/index.ts";
import type { PutBack, PutBackResult } from "../../attach/index.ts";
import { type Command, type FileSystem, FsError, inodeOf, pathOf } from "../../fs/index.ts";
import { type Served, Touched, forgetAttributes } from "../../fuse/index.ts";
import {
  type Done,
  type History,
  type RestoreStart,
  type RunningFiles,
  openHistory,
  stoppedHalfway,
} from "../../history/index.ts";
import { personsCommand, putBackIn } from "../person/put-back.ts";
import type { Processes } from "./processes.ts";
import type { Refresh } from "./refresh.ts";

/** Parts of a filesystem that the kernel is served. */
export interface ServedParts {
  readonly fs: FileSystem;
  readonly served: Served;
  readonly journal: JournalWriter;
  readonly processes: Processes;
  /** The opened /dev/fuse. */
  readonly descriptor: number;
  readonly now: () => bigint;
}

/** A filesystem that the kernel is served, as a person changes it while a program runs on it. */
export class ServedFiles implements RunningFiles {
  readonly #parts: ServedParts;
  #history: History | undefined;
  #touched = new Touched();
  #lastOrder = 0;

  constructor(parts: ServedParts) {
    this.#parts = parts;
  }

  get tree() {
    return this.#parts.fs.tree;
  }

  /** Puts something back, and returns what the kernel must be made to look at again. */
  putBack(
    id: number,
    order: PutBack,
  ): { readonly result: PutBackResult; readonly refresh: Refresh } {
    const { journal, fs, now, descriptor } = this.#parts;
    this.#lastOrder = id;
    this.#touched = new Touched();
    this.#history ??= openHistory(journal, { now });
    const done = putBackIn(order, this, this.#history);
    fs.commit();
    for (const ino of this.#touched.inodes) forgetAttributes(descriptor, ino);
    const { first, last } = "run" in done ? done : { first: 0, last: 0 };
    const result = "run" in done ? ({ kind: "done", first, last, seen: false } as const) : done;
    return { result, refresh: this.#refresh() };
  }

  /** Takes note that the kernel has looked at all that an order changed; a later one may have changed more. */
  refreshed(id: number): void {
    if (id === this.#lastOrder) this.#parts.served.refreshed();
  }

  carryOut(commands: readonly Command[], start: RestoreStart): Done {
    const { fs, served, processes } = this.#parts;
    const before = fs.head;
    const number = processes.next;
    const person = { number, pid: personsPid, args: personsCommand(start) };
    let run: Done["run"] | undefined;
    try {
      return fs.intervene(person, (told) => {
        run = told.run;
        processes.take(number);
        for (const command of commands) {
          const event = served.performUnasked(command);
          if (event !== undefined) this.#touched.add(event);
        }
        return { run, first: told.seq, last: fs.head };
      });
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      if (fs.failure !== undefined) throw fs.failure;
      throw stoppedHalfway(start.cause, error, `restore ${before} takes back what was done`);
    }
  }

  #refresh(): Refresh {
    const { fs } = this.#parts;
    const directories: string[] = [];
    const files: string[] = [];
    for (const ino of this.#touched.inodes) {
      const inode = inodeOf(fs.tree, ino);
      if (inode?.type === "directory") directories.push(pathOf(fs.tree, ino));
      if (inode?.type === "file" && inode.names.length > 0) files.push(pathOf(fs.tree, ino));
    }
    return { names: [...this.#touched.names], directories, files };
  }
}
