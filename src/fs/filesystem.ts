import {
  type Draft,
  type Event,
  type Ino,
  JournalError,
  type ProcessFact,
  type Recorder,
  type RunEnd,
  type RunStart,
  type Seq,
  type TapePosition,
} from "../../journal/index.ts";
import { apply, forget } from "./apply.ts";
import { type Content, readContentInto, readableBytes } from "./tree/content.ts";
import type { Command } from "./command.ts";
import { decide } from "./decide.ts";
import { FsError } from "./limits/error.ts";
import type { Call, FileSystemOptions } from "./filesystem-options.ts";
import { FailedOpens, type Refusal } from "./limits/failed-opens.ts";
import { type Decision, Decisions, DecidingGate, type Told, reconsidering } from "./gate.ts";
import { withoutJudge } from "./judged.ts";
import { type Limits, limitNames } from "./limits/limits.ts";
import { OpenInodes } from "./tree/open-inodes.ts";
import { type PromisedBytes, promisedBytesOf } from "./tree/promised-bytes.ts";
import { type Place, resolve } from "./resolve.ts";
import { RunUse } from "./limits/run-use.ts";
import { shortened } from "./limits/shortened.ts";
import { type Asking, signedBy } from "./signed.ts";
import { type Inode, type MutableTree, type Tree, inodeOf, pathOf } from "./tree/tree.ts";
import { UntoldEvents } from "./untold-events.ts";
import { verdictOf } from "./verdict.ts";
import { valueOf } from "./tree/xattr-value.ts";

/** Returns memory of that length to fill. */
export type Room = (length: number) => Uint8Array;

/**
 * The number of refusals that are still recorded when a run's events or tape are used up: one for each of these limits,
 * and one with the number of the others.
 */
export const mostUntoldRefusals = 3;

/** Different refusals in turn still make one event each, up to this number of them. */
const mostPendingRefusals = 64;

/**
 * The live filesystem. It decides on a change, appends the event to the journal, and only then applies it to its tree,
 * so that nothing happens without the journal.
 */
export class FileSystem {
  readonly limits: Limits;
  readonly #journal: Recorder;
  readonly #tree: MutableTree;
  readonly #recordsAccesses: boolean;
  readonly #onForget: (ino: Ino) => void;
  readonly #untold: UntoldEvents;
  readonly #onRefusal: (refusal: Readonly<Refusal>) => void;
  readonly #gate: DecidingGate | undefined;
  readonly #decisions = new Decisions();
  readonly #open = new OpenInodes();
  readonly #use: RunUse;
  /** The refusals since the last event, each kind once; they become events before the next event. */
  readonly #refusals = new Map<string, Refusal>();
  readonly #failedOpens = new FailedOpens();
  #failure: JournalError | undefined;
  readonly #promised: PromisedBytes | undefined;
  readonly #fetchesReads: boolean;

  /** Set where processes are known. It is asked for each event that is recorded, and for nothing else. */
  asking: Asking | undefined;
  /** Tells if a person makes the changes at present, and not the run's program. */
  #isPersons = false;

  constructor(options: FileSystemOptions) {
    const { journal, tree, limits } = options;
    this.limits = limits;
    this.#use = new RunUse(limits);
    this.#journal = withoutJudge(journal);
    this.#tree = tree;
    this.#untold = new UntoldEvents(options.onEvent);
    this.#promised = promisedBytesOf(journal, this.#untold.add);
    this.#fetchesReads = options.promised === "fetch";
    this.#recordsAccesses = options.accesses === "record";
    this.#onForget = options.onForget ?? (() => {});
    this.#onRefusal = options.onRefusal ?? (() => {});
    this.#gate = options.gate && new DecidingGate(options.gate);
  }

  /** The current state. The next mutation changes it: do not keep it. */
  get tree(): Tree {
    return this.#tree;
  }

  get head(): Seq {
    return this.#journal.head();
  }

  /** The error with which the journal last refused an event; the guest got insufficient-space or io. */
  get failure(): JournalError | undefined {
    return this.#failure;
  }

  /** Begins a run, which all mutations until `end` belong to. */
  begin(start: Omit<RunStart, "kind" | "limits">): Event {
    this.#gate?.requireDecided();
    this.#use.begin();
    this.#failedOpens.clear();
    this.#decisions.clear();
    const limits = new Map(limitNames.map((name) => [name, this.limits[name]] as const));
    return this.#append({ kind: "run-start", ...start, limits });
  }

  /** Ends the run: removes its nameless inodes, and commits everything. Throws JournalError. */
  end(end: Omit<RunEnd, "kind">): Event {
    this.finish();
    const event = this.#append({ kind: "run-end", ...end });
    this.#journal.commit();
    return event;
  }

  /** Records what is still waiting, before the run's end. Throws JournalError. */
  finish(): void {
    this.#settle();
    for (const refusal of this.#failedOpens.rest()) this.#tell(refusal);
    for (const told of this.#decisions.rest()) this.#tellDecision(told);
    const untold = this.#use.untold();
    if (untold !== undefined) this.#append(untold);
  }

  /** Resolves a path from a directory; see `resolve`. */
  resolve(base: Ino, path: string, finalLink: "follow" | "keep"): Place {
    return resolve(this.#tree, this.limits, base, path, finalLink);
  }

  inode(ino: Ino): Inode | undefined {
    return inodeOf(this.#tree, ino);
  }

  path(ino: Ino): string {
    return pathOf(this.#tree, ino);
  }

  /** Makes a change, and returns undefined if there was nothing to change. Throws FsError without changing anything. */
  perform(command: Command, bytes?: Uint8Array): Event | undefined {
    this.#gate?.requireDecided();
    return reconsidering(() => this.#perform(command, bytes));
  }

  #perform(command: Command, bytes?: Uint8Array): Event | undefined {
    const basis = { tree: this.#tree, limits: this.limits, isOpen: this.#open.has };
    const draft = decide(basis, command);
    if (draft === undefined) return undefined;
    if (!this.#isPersons) {
      this.#use.admit(draft, bytes?.length ?? 0);
      if (this.#gate !== undefined) this.#obey(this.#gate.change(this.#tree, draft, bytes));
    }
    if (this.#promised !== undefined)
      this.#reading(
        () => ("path" in draft ? draft.path : "/"),
        () => this.#promised?.before(this.#tree, draft),
      );
    const event = this.#record(draft, bytes);
    if (!this.#isPersons) this.#gate?.happened(event);
    return event;
  }

  /** Makes a person's own changes within a run, by this process: no rule is about them, nor its limit of events. */
  intervene<T>(person: Omit<ProcessFact, "kind">, act: (told: Event) => T): T {
    this.#gate?.requireDecided();
    const { asking } = this;
    this.#isPersons = true;
    try {
      const told = this.#record({ kind: "process", ...person });
      this.asking = () => person.number;
      return act(told);
    } finally {
      this.asking = asking;
      this.#isPersons = false;
    }
  }

  /** Returns the inodes that have open descriptors. */
  get open(): readonly Ino[] {
    return this.#open.all;
  }

  /** Goes on from a state that others made of this one, and the journal has. What is open stays so. */
  overtake(tree: MutableTree): void {
    Object.assign(this.#tree, tree);
  }

  /** Records bytes that a listing promised, as they came from the host. Throws FsError. */
  bring(piece: { path: string; start: TapePosition; length: number }, bytes: Uint8Array): Event {
    return this.#record({ kind: "fetch", ...piece }, bytes);
  }

  /** Records a process of the run, before the first event that is by it. Throws FsError. */
  introduce(process: Omit<ProcessFact, "kind">): Event {
    const draft = { kind: "process", ...process } as const;
    this.#use.admit(draft, 0);
    return this.#record(draft);
  }

  /** Records an access, if accesses are recorded. */
  note(
    access: { kind: "open"; ino: Ino } | { kind: "read"; ino: Ino; offset: number; length: number },
  ): void {
    if (!this.#recordsAccesses) return;
    const draft: Draft = { ...access, path: this.path(access.ino) };
    this.#use.admit(draft, 0);
    this.#record(draft);
  }

  /** Throws FsError if a rule denies reading an inode; called when it is opened for that. */
  requireReadable(ino: Ino): void {
    const gate = this.#gate;
    if (gate === undefined) return;
    reconsidering(() => this.#obey(gate.read(this.#tree, ino)));
    this.#open.allow(ino);
  }

  /**
   * Returns at most `length` bytes from `offset` on; none past the end. They are put into the memory from `room`, by
   * default new memory. Throws FsError bad-descriptor unless it is a file.
   */
  read(ino: Ino, offset: number, length: number, room: Room = newBytes): Uint8Array {
    if (this.#gate !== undefined && !this.#open.mayRead(ino)) this.requireReadable(ino);
    const bytes = room(readableBytes(this.#contentOf(ino), offset, length));
    if (this.#fetchesReads)
      this.#reading(
        () => this.path(ino),
        () => this.#promised?.read(this.#tree, ino, offset, length),
      );
    // Looks the file up again, because a guest that provides the memory may have changed it.
    this.#reading(
      () => this.path(ino),
      () => readContentInto(this.#contentOf(ino), offset, bytes, this.#readTape),
    );
    this.#untold.tell();
    return bytes;
  }

  /** Returns the value of an extended attribute; undefined if there is none. */
  readAttribute(ino: Ino, attribute: string): Uint8Array | undefined {
    const inode = inodeOf(this.#tree, ino);
    return inode === undefined ? undefined : valueOf(inode, attribute, this.#readTape);
  }

  /** Counts a new descriptor of the inode, which keeps it alive without names. Throws FsError if there are too many. */
  hold(ino: Ino): void {
    if (this.#open.count >= this.limits.descriptors)
      throw new FsError("insufficient-memory", this.path(ino), "descriptors");
    this.#open.add(ino);
  }

  /** Closes a descriptor; with the last one an inode without a name is removed. */
  release(ino: Ino): void {
    if (!this.#open.remove(ino) || !this.#tree.orphans.has(ino)) return;
    forget(this.#tree, ino);
    this.#onForget(ino);
  }

  /**
   * Records a failed call: a mutation, an open, and any refusal for permission or a limit; another access only if
   * accesses are recorded.
   */
  refuse(call: Call, error: Pick<FsError, "code" | "limit" | "refusedBy">): void {
    if (error.refusedBy === "rule") return;
    const [{ code, limit }, { operation, effect }] = [error, call];
    const isOpen = operation === "open-at";
    const isForbidden = code === "not-permitted" || limit !== undefined;
    if (effect === "access" && !isForbidden && !isOpen && !this.#recordsAccesses) return;
    const [path, by] = [shortened(call.path, this.limits), this.asking?.()];
    const key = JSON.stringify([operation, path, code, limit, by]);
    const known = this.#refusals.get(key);
    if (known !== undefined) return void (known.count += 1);
    const refusal: Refusal = {
      operation,
      path,
      error: code,
      count: 1,
      ...(limit === undefined ? {} : { limit }),
      ...(by === undefined ? {} : { by }),
    };
    const hasFailed = isOpen && verdictOf(refusal) === "failed";
    if (hasFailed && !this.#failedOpens.isNews(key, refusal)) return;
    if (this.#refusals.size >= mostPendingRefusals) this.#trySettle();
    this.#refusals.set(key, refusal);
    this.#onRefusal(refusal);
  }

  /** Makes all events visible to readers, for a guest that is about to wait. Throws FsError. */
  commit(): void {
    this.#guard("/", () => {
      this.#settle();
      this.#journal.commit();
    });
  }

  /** Returns once all events are on disk. Throws FsError. */
  sync(): void {
    this.#guard("/", () => {
      this.#settle();
      this.#journal.sync();
    });
  }

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
    const event = this.#journal.append(signedBy(this.asking, draft), bytes);
    if (!this.#isPersons) this.#use.count(draft, bytes?.length ?? 0);
    apply(this.#tree, event, this.#readTape);
    this.#untold.add(event);
    this.#untold.tell();
    return event;
  }

  /** Records what was decided. Throws FsError if that is a no. */
  #obey(decision: Decision | undefined): void {
    if (decision === undefined) return;
    const { path, error } = decision;
    const told = this.#decisions.news(
      { ...decision, path: shortened(path, this.limits) },
      this.asking?.(),
    );
    if (told !== undefined)
      this.#guard(path, () => {
        this.#settle();
        this.#tellDecision(told);
      });
    if (error !== undefined) throw new FsError(error, path, undefined, "rule");
  }

  #tellDecision(told: Told): void {
    if (this.#use.mayTell({ path: told.path, count: told.count ?? 1 }))
      this.#append({ kind: "decision", ...told });
  }

  #settle(): void {
    for (const [key, refusal] of this.#refusals) {
      this.#tell(refusal);
      this.#refusals.delete(key);
    }
  }

  #tell(refusal: Refusal): void {
    if (this.#use.mayTell(refusal)) this.#append({ kind: "fail", ...refusal });
  }

  /** Records refusals that the guest has been told of already; if that fails, it is the journal's failure. */
  #trySettle(): void {
    try {
      this.#settle();
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#failure = error;
    }
  }

  /** Turns a journal's failure into an error that the guest may see: it fails closed (docs/wasi.md). */
  #guard<T>(path: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#failure = error;
      throw new FsError(error.code === "full" ? "insufficient-space" : "io", path);
    }
  }

  /** Tells a guest that promised bytes cannot be had, or that the journal cannot take them. */
  #reading(path: () => string, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      if (error.code === "unread") throw new FsError("io", path());
      if (error.code !== "full") throw error;
      this.#failure = error;
      throw new FsError("insufficient-space", path());
    }
  }
}

const newBytes: Room = (length) => new Uint8Array(length);
