import {
  type Draft,
  type Event,
  type Ino,
  JournalError,
  type Recorder,
  type RunEnd,
  type RunStart,
  type Seq,
} from "../../journal/index.ts";
import { apply, forget } from "./apply.ts";
import { type Content, readContentInto, readableBytes } from "./content.ts";
import { type Command, decide } from "./decide.ts";
import { FsError } from "./error.ts";
import { FailedOpens, type Refusal } from "./failed-opens.ts";
import { withoutJudge } from "./judged.ts";
import { type Limits, limitNames } from "./limits.ts";
import { type Place, resolve } from "./resolve.ts";
import { type Inode, type MutableTree, type Tree, inodeOf, pathOf } from "./tree.ts";
import { verdictOf } from "./verdict.ts";

export interface FileSystemOptions {
  /** Takes every event; the filesystem is its only user while it lives. */
  readonly journal: Recorder;
  /** The state after the journal's last event; the filesystem owns it from now on. */
  readonly tree: MutableTree;
  readonly limits: Limits;
  /** Records reads and opens too. */
  readonly accesses?: "record" | "ignore";
  /** Told of each inode that goes because it had no name and was closed. */
  readonly onForget?: (ino: Ino) => void;
  /** Told of each call that came to nothing when it waits to be recorded: nobody else knows of it until then. */
  readonly onRefusal?: (refusal: Readonly<Refusal>) => void;
}

/** A host call as it is recorded when it is refused. */
export interface Call {
  /** As the WIT names it: "open-at"… */
  readonly operation: string;
  /** As the guest gave it. */
  readonly path: string;
  /** A mutation that came to nothing is always recorded; see `refuse` for accesses. */
  readonly effect: "mutation" | "access";
}

/** Gives memory of so many bytes to be filled. */
export type Room = (length: number) => Uint8Array;

/** A run's events may say this much, however little it may write. */
export const leastTextLength = 16 * 1024 * 1024;

/** When a run's events or tape are used up, refusals are told so many times more: each such limit, and how many were not. */
export const mostUntoldRefusals = 3;

/** Refusals that take turns are still one event each, up to so many of them. */
const mostPendingRefusals = 64;

/**
 * The live filesystem: decides a change, hands it to the journal, and only then applies it to its tree. What the
 * journal did not take did not happen.
 */
export class FileSystem {
  readonly limits: Limits;
  readonly #journal: Recorder;
  readonly #tree: MutableTree;
  readonly #recordsAccesses: boolean;
  readonly #onForget: (ino: Ino) => void;
  readonly #onRefusal: (refusal: Readonly<Refusal>) => void;
  /** How many descriptors hold each inode. */
  readonly #open = new Map<Ino, number>();
  #descriptors = 0;
  /** Used up in this run. */
  #events = 0;
  #tapeBytes = 0;
  #textLength = 0;
  /** What was refused since the last event, the same refusal once: each is an event when something else happens. */
  readonly #refusals = new Map<string, Refusal>();
  readonly #failedOpens = new FailedOpens();
  /** Refusals that came when this run's events or tape were used up. */
  #untold = 0;
  /** Limits of the run as a whole whose refusal was told. */
  readonly #toldLimits = new Set<string>();
  #failure: JournalError | undefined;

  constructor(options: FileSystemOptions) {
    const { journal, tree, limits, accesses = "ignore" } = options;
    this.limits = limits;
    this.#journal = withoutJudge(journal);
    this.#tree = tree;
    this.#recordsAccesses = accesses === "record";
    this.#onForget = options.onForget ?? (() => {});
    this.#onRefusal = options.onRefusal ?? (() => {});
  }

  /** The state now. It changes with the next mutation: do not keep it. */
  get tree(): Tree {
    return this.#tree;
  }

  get head(): Seq {
    return this.#journal.head();
  }

  /** Why the journal last refused an event; the guest was told insufficient-space or io. */
  get failure(): JournalError | undefined {
    return this.#failure;
  }

  /** Opens a run; mutations belong to it until `end`. */
  begin(start: Omit<RunStart, "kind" | "limits">): Event {
    this.#events = 0;
    this.#tapeBytes = 0;
    this.#textLength = 0;
    this.#untold = 0;
    this.#toldLimits.clear();
    this.#failedOpens.clear();
    const limits = new Map(limitNames.map((name) => [name, this.limits[name]] as const));
    return this.#append({ kind: "run-start", ...start, limits });
  }

  /** Closes the run: its nameless inodes go, and everything is committed. Throws JournalError. */
  end(end: Omit<RunEnd, "kind">): Event {
    this.finish();
    const event = this.#append({ kind: "run-end", ...end });
    this.#journal.commit();
    return event;
  }

  /** Records what of the run is not recorded yet, before its end. Throws JournalError. */
  finish(): void {
    this.#settle();
    for (const refusal of this.#failedOpens.rest()) this.#tell(refusal);
    this.#tellUntold();
  }

  /** Where a path leads from a directory; see `resolve`. */
  resolve(base: Ino, path: string, finalLink: "follow" | "keep"): Place {
    return resolve(this.#tree, this.limits, base, path, finalLink);
  }

  inode(ino: Ino): Inode | undefined {
    return inodeOf(this.#tree, ino);
  }

  path(ino: Ino): string {
    return pathOf(this.#tree, ino);
  }

  /** Makes a change, or throws FsError and changes nothing. Undefined when there was nothing to change. */
  perform(command: Command, bytes?: Uint8Array): Event | undefined {
    const draft = decide({ tree: this.#tree, limits: this.limits, isOpen: this.#isOpen }, command);
    if (draft === undefined) return undefined;
    this.#admit(draft, bytes?.length ?? 0);
    return this.#record(draft, bytes);
  }

  /** Records an access where accesses are recorded. */
  note(
    access: { kind: "open"; ino: Ino } | { kind: "read"; ino: Ino; offset: number; length: number },
  ): void {
    if (!this.#recordsAccesses) return;
    const draft: Draft = { ...access, path: this.path(access.ino) };
    this.#admit(draft, 0);
    this.#record(draft);
  }

  /**
   * At most `length` bytes from `offset` on; none past the end. They go where `room` says, new memory unless given.
   * Throws FsError bad-descriptor for what is no file.
   */
  read(ino: Ino, offset: number, length: number, room: Room = newBytes): Uint8Array {
    const bytes = room(readableBytes(this.#contentOf(ino), offset, length));
    // Looked up again: a guest that gives the room may have changed the file meanwhile.
    readContentInto(this.#contentOf(ino), offset, bytes, this.#readTape);
    return bytes;
  }

  /** Counts a descriptor for the inode, which then outlives its names. Throws FsError when there are too many. */
  hold(ino: Ino): void {
    if (this.#descriptors >= this.limits.descriptors) {
      throw new FsError("insufficient-memory", this.path(ino), "descriptors");
    }
    this.#descriptors += 1;
    this.#open.set(ino, (this.#open.get(ino) ?? 0) + 1);
  }

  /** Gives a descriptor back; the last one of an inode without a name takes it along. */
  release(ino: Ino): void {
    const count = this.#open.get(ino);
    if (count === undefined) return;
    this.#descriptors -= 1;
    if (count > 1) {
      this.#open.set(ino, count - 1);
      return;
    }
    this.#open.delete(ino);
    if (!this.#tree.orphans.has(ino)) return;
    forget(this.#tree, ino);
    this.#onForget(ino);
  }

  /**
   * Records a call that came to nothing: a mutation, an open, and what was refused for permission or for a limit; any
   * other access only where accesses are recorded.
   */
  refuse(call: Call, { code, limit }: Pick<FsError, "code" | "limit">): void {
    const { operation, effect } = call;
    const isOpen = operation === "open-at";
    const isForbidden = code === "not-permitted" || limit !== undefined;
    if (effect === "access" && !isForbidden && !isOpen && !this.#recordsAccesses) return;
    const path = this.#shorten(call.path);
    const key = JSON.stringify([operation, path, code, limit]);
    const known = this.#refusals.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const refusal: Refusal = {
      operation,
      path,
      error: code,
      count: 1,
      ...(limit === undefined ? {} : { limit }),
    };
    const hasFailed = isOpen && verdictOf(refusal) === "failed";
    if (hasFailed && !this.#failedOpens.isNews(key, refusal)) return;
    if (this.#refusals.size >= mostPendingRefusals) this.#trySettle();
    this.#refusals.set(key, refusal);
    this.#onRefusal(refusal);
  }

  /** Makes what has happened visible to readers: for a guest that is about to wait. Throws FsError. */
  commit(): void {
    this.#guard("/", () => {
      this.#settle();
      this.#journal.commit();
    });
  }

  /** Returns when all that has happened is on disk. Throws FsError. */
  sync(): void {
    this.#guard("/", () => {
      this.#settle();
      this.#journal.sync();
    });
  }

  readonly #isOpen = (ino: Ino): boolean => this.#open.has(ino);

  readonly #readTape: Recorder["readTape"] = (position, length, target, at) =>
    this.#journal.readTape(position, length, target, at);

  #contentOf(ino: Ino): Content {
    const inode = inodeOf(this.#tree, ino);
    if (inode?.type !== "file") throw new FsError("bad-descriptor", this.path(ino));
    return inode.content;
  }

  #record(draft: Draft, bytes?: Uint8Array): Event {
    return this.#guard("path" in draft ? draft.path : "/", () => {
      this.#settle();
      return this.#append(draft, bytes);
    });
  }

  #append(draft: Draft, bytes?: Uint8Array): Event {
    const event = this.#journal.append(draft, bytes);
    this.#events += 1;
    this.#tapeBytes += bytes?.length ?? 0;
    this.#textLength += textLength(draft);
    apply(this.#tree, event);
    return event;
  }

  /** The limits that hold for a run as a whole. */
  #admit(draft: Draft, bytes: number): void {
    const path = "path" in draft ? draft.path : "/";
    if (this.#events >= this.limits.events) throw new FsError("quota", path, "events");
    if (
      this.#tapeBytes + bytes > this.limits["tape-bytes"] ||
      this.#lacksRoomFor(textLength(draft))
    )
      throw new FsError("quota", path, "tape-bytes");
  }

  /** What a guest names costs as what it writes does: what it writes and what it names may take as much each. */
  #lacksRoomFor(text: number): boolean {
    const most = Math.max(this.limits["tape-bytes"], leastTextLength);
    return this.#textLength + text > most;
  }

  #settle(): void {
    for (const [key, refusal] of this.#refusals) {
      this.#tell(refusal);
      this.#refusals.delete(key);
    }
  }

  #tell(refusal: Refusal): void {
    if (this.#mayTell(refusal)) this.#append({ kind: "fail", ...refusal });
    else this.#untold += refusal.count;
  }

  /** When a run's events or tape are used up it is told which that was, and no more: refusals must not fill the disk. */
  #mayTell({ limit = "", path }: Refusal): boolean {
    if (this.#events < this.limits.events && !this.#lacksRoomFor(path.length)) return true;
    if (limit !== "events" && limit !== "tape-bytes") return false;
    const isNews = !this.#toldLimits.has(limit);
    this.#toldLimits.add(limit);
    return isNews;
  }

  #tellUntold(): void {
    if (this.#untold === 0) return;
    const limit = this.#events >= this.limits.events ? "events" : "tape-bytes";
    const count = this.#untold;
    this.#append({ kind: "fail", operation: "any", path: "/", error: "quota", count, limit });
  }

  /** For a refusal of its own the guest has its answer already: what the journal cannot take then is its failure. */
  #trySettle(): void {
    try {
      this.#settle();
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#failure = error;
    }
  }

  /** Tells the guest what it may know of a journal that cannot go on: it fails closed (docs/wasi.md). */
  #guard<T>(path: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#failure = error;
      throw new FsError(error.code === "full" ? "insufficient-space" : "io", path);
    }
  }

  #shorten(path: string): string {
    const most = this.limits["path-bytes"];
    const text = path.toWellFormed();
    if (text.length <= most) return text;
    return `${text.slice(0, most).toWellFormed()}…`;
  }
}

function newBytes(length: number): Uint8Array {
  return new Uint8Array(length);
}

/** What an event's texts add to the journal, about. */
export function textLength(draft: Draft): number {
  switch (draft.kind) {
    case "rename":
      return draft.path.length + draft.to.length;
    case "symlink":
      return draft.path.length + draft.target.length;
    case "run-start":
    case "run-end":
    case "mark":
      return 0;
    case "create":
    case "mkdir":
    case "link":
    case "unlink":
    case "rmdir":
    case "write":
    case "set-size":
    case "set-times":
    case "set-mode":
    case "revert":
    case "fail":
    case "read":
    case "open":
      return draft.path.length;
  }
}
