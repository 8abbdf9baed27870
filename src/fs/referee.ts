import {
  type Event,
  faultOfGuest,
  type Ino,
  type Mutation,
  isMutation,
} from "../../journal/index.ts";
import { apply, forget } from "./apply.ts";
import { MisfitError } from "./limits/error.ts";
import type { Refusal } from "./limits/failed-opens.ts";
import { mostUntoldRefusals } from "./filesystem.ts";
import { leastTextLength } from "./limits/run-use.ts";
import { textLength } from "./limits/text-length.ts";
import { requireFit } from "./judge.ts";
import type { Limits } from "./limits/limits.ts";
import { type MutableTree, inodeOf, isWithin } from "./tree/tree.ts";

/** A directory that a guest may access, with everything below it. */
export interface Reach {
  readonly ino: Ino;
  readonly access: "read-only" | "read-write";
}

export interface RefereeOptions {
  /** The state when the guest's run began; the referee owns it from now on. */
  readonly tree: MutableTree;
  readonly limits: Limits;
  readonly reach: readonly Reach[];
  /** "record" if the run records reads and opens. */
  readonly accesses: "record" | "ignore";
  /** Says why the rules of the run do not let an event follow that fits the state; undefined if they do. */
  readonly fault?: ((event: Event, payload: Uint8Array) => string | undefined) | undefined;
}

/**
 * Checks the events of a guest's process, which is not trusted: an event is valid only if the live filesystem could
 * have recorded it for this guest, in this state, within its limits.
 */
export class Referee {
  readonly #tree: MutableTree;
  readonly #limits: Limits;
  readonly #reach: readonly Reach[];
  readonly #accesses: "record" | "ignore";
  readonly #reachesAll: boolean;
  /**
   * Inodes that lost a name in this run: the guest may still hold a descriptor, and the other names may be out of its
   * reach.
   */
  readonly #unnamed = new Set<Ino>();
  readonly #fault: RefereeOptions["fault"];
  #events = 0;
  #tapeBytes = 0;
  #textLength = 0;

  constructor({ tree, limits, reach, accesses, fault }: RefereeOptions) {
    this.#tree = tree;
    this.#limits = limits;
    this.#reach = reach;
    this.#accesses = accesses;
    this.#fault = fault;
    this.#reachesAll = reach.some(({ ino, access }) => ino === 1 && access === "read-write");
  }

  /** Applies an event to the state. Throws MisfitError for an invalid event, and leaves the state as it was. */
  admit(event: Event, payload: Uint8Array = noBytes): void {
    const impossible = faultOfGuest(event);
    if (impossible !== undefined) throw misfit(event, impossible);
    if (isMutation(event)) this.#checkMutation(event);
    else if (event.kind === "read" || event.kind === "open") this.#checkAccess(event);
    else if (event.kind === "fail") this.#checkRefusal(event);
    else if (event.kind === "decision" && this.#fault !== undefined) this.#checkDecision(event);
    else throw misfit(event, "no guest records that");
    this.#checkLimits(event);
    requireFit(this.#tree, event, this.#limits);
    const fault = this.#fault?.(event, payload);
    if (fault !== undefined) throw misfit(event, fault);
    apply(this.#tree, event, noTape);
    if (event.kind === "unlink") this.#unnamed.add(event.ino);
    if (event.kind === "rename" && event.replaced !== undefined)
      this.#unnamed.add(event.replaced.ino);
    this.#events += 1;
    this.#tapeBytes += event.kind === "write" ? event.length : 0;
    this.#textLength += textLength(event);
  }

  /** The state after all that was admitted; a keeper changes it by events of its own. */
  get tree(): MutableTree {
    return this.#tree;
  }

  /** The directories that the guest may access. */
  get reach(): readonly Reach[] {
    return this.#reach;
  }

  /** Tells if the guest may have an inode open. */
  reaches(ino: Ino): boolean {
    if (this.#reachesAll || this.#tree.orphans.has(ino)) return true;
    const names = inodeOf(this.#tree, ino)?.names ?? [];
    const isTop = this.#reach.some((one) => one.ino === ino);
    return isTop || names.some(({ parent }) => this.#isWithin(parent, "read-only"));
  }

  /** Removes an inode that was closed without a name; ignores any other number that the guest's process sends. */
  forget(ino: number): void {
    if (this.#tree.orphans.has(ino as Ino)) forget(this.#tree, ino as Ino);
  }

  #checkMutation(event: Mutation): void {
    // No guest's call sets a mode, and no guest may make a host's file setuid or readable for others.
    if (event.kind === "set-mode" || "mode" in event) throw misfit(event, "no guest says a mode");
    const isNew = event.kind === "create" || event.kind === "mkdir" || event.kind === "symlink";
    if (isNew && event.ino !== this.#tree.nextIno)
      throw misfit(event, `the next new inode is ${this.#tree.nextIno}`);
    const isMoved = event.kind === "rename" || event.kind === "rmdir";
    if (isMoved && this.#reach.some(({ ino }) => ino === event.ino))
      throw misfit(event, "it moves or removes a preopen");
    if (this.#reachesAll) return;
    const parents = event.kind === "rename" ? [event.toParent] : [];
    if ("name" in event) parents.push(event.parent);
    if (!parents.every((parent) => this.#isWithin(parent, "read-write")))
      throw misfit(event, "it is outside of what the guest may change");
    if (!("name" in event) || event.kind === "link")
      this.#checkInode(event, event.ino, "read-write");
  }

  #checkAccess(event: Event & { readonly ino: Ino }): void {
    if (this.#accesses === "ignore") throw misfit(event, "accesses are not recorded");
    if (!this.#reachesAll) this.#checkInode(event, event.ino, "read-only");
  }

  /** All words except the path are the filesystem's own and short; a long path is cut, and marked. */
  #checkRefusal(event: Event & Refusal): void {
    const { operation, error, limit = "", path } = event;
    if (Math.max(operation.length, error.length, limit.length) > mostWordLength)
      throw misfit(event, "its texts are longer than those of any refusal");
    if (path.length > this.#limits["path-bytes"] + 1) throw misfit(event, "its path is too long");
  }

  /** The rules themselves say if it may have been decided; what no rule says is no longer than a path. */
  #checkDecision({ path, ...event }: Event & { readonly kind: "decision" }): void {
    if (path.length > this.#limits["path-bytes"] + 1)
      throw misfit({ path, ...event }, "its path is too long");
    if (event.count !== undefined && !(Number.isSafeInteger(event.count) && event.count > 0))
      throw misfit({ path, ...event }, "its count is none");
  }

  /** One name within reach is enough. */
  #checkInode(event: Event, ino: Ino, access: Reach["access"]): void {
    const names = inodeOf(this.#tree, ino)?.names ?? [];
    const isReached =
      this.#reach.some((one) => one.ino === ino && mayDo(one, access)) ||
      names.some(({ parent }) => this.#isWithin(parent, access)) ||
      // A nameless inode lost its name to this guest in this run. A link is made by name, not by descriptor.
      (event.kind !== "link" && (this.#tree.orphans.has(ino) || this.#unnamed.has(ino)));
    if (!isReached) throw misfit(event, "it is outside of what the guest may reach");
  }

  /** Tells whether a directory is within the guest's reach. */
  #isWithin(directory: Ino, access: Reach["access"]): boolean {
    return this.#reach.some(
      (one) => mayDo(one, access) && isWithin(this.#tree, directory, one.ino),
    );
  }

  /** Counts like the live filesystem, which records a few refusals after the events are used up. */
  #checkLimits(event: Event): void {
    const { events, "tape-bytes": tapeBytes } = this.#limits;
    const allowance = event.kind === "fail" || event.kind === "decision" ? mostUntoldRefusals : 0;
    const most = Math.max(tapeBytes, leastTextLength) + allowance * this.#limits["path-bytes"];
    if (
      this.#events >= events + allowance ||
      this.#tapeBytes + (event.kind === "write" ? event.length : 0) > tapeBytes ||
      this.#textLength + textLength(event) > most
    )
      throw misfit(event, "the run's limits are used up");
  }
}

const noBytes = new Uint8Array(0);

/** No event of a guest has anything to read from the tape. */
function noTape(): never {
  throw new Error("a referee reads no tape");
}

/** The longest name of an operation, code or limit. */
const mostWordLength = 64;

function mayDo(reach: Reach, access: Reach["access"]): boolean {
  return access === "read-only" || reach.access === "read-write";
}

function misfit(event: Event, reason: string): MisfitError {
  return new MisfitError(`event #${event.seq} (${event.kind}) may not follow (${reason})`);
}
