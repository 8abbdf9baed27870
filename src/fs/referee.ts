import { type Event, type Ino, type Mutation, isMutation } from "../../journal/index.ts";
import { forget } from "./apply.ts";
import { MisfitError } from "./error.ts";
import type { Refusal } from "./failed-opens.ts";
import { leastTextLength, mostUntoldRefusals, textLength } from "./filesystem.ts";
import { judge } from "./judge.ts";
import type { Limits } from "./limits.ts";
import { type MutableTree, inodeOf, isWithin } from "./tree.ts";

/** What a guest may reach: a directory and all below it. */
export interface Reach {
  readonly ino: Ino;
  readonly access: "read-only" | "read-write";
}

export interface RefereeOptions {
  /** The state when the guest's run began; it is the referee's from now on. */
  readonly tree: MutableTree;
  readonly limits: Limits;
  readonly reach: readonly Reach[];
  /** Whether the run has events of reads and opens. */
  readonly accesses: "record" | "ignore";
}

/**
 * Follows what the process of a guest records, which is not trusted: whatever has taken over that process, an event
 * counts only if the live filesystem could have recorded it for this guest, in this state, within its limits.
 */
export class Referee {
  readonly #tree: MutableTree;
  readonly #limits: Limits;
  readonly #reach: readonly Reach[];
  readonly #accesses: "record" | "ignore";
  readonly #reachesAll: boolean;
  /** What the guest took a name from in this run: a descriptor may hold it still, and its other names may be outside. */
  readonly #unnamed = new Set<Ino>();
  #events = 0;
  #tapeBytes = 0;
  #textLength = 0;

  constructor({ tree, limits, reach, accesses }: RefereeOptions) {
    this.#tree = tree;
    this.#limits = limits;
    this.#reach = reach;
    this.#accesses = accesses;
    this.#reachesAll = reach.some(({ ino, access }) => ino === 1 && access === "read-write");
  }

  /** Takes an event into the state. Throws MisfitError for one that may not follow, and leaves the state as it was. */
  admit(event: Event): void {
    if (isMutation(event)) this.#checkMutation(event);
    else if (event.kind === "read" || event.kind === "open") this.#checkAccess(event);
    else if (event.kind === "fail") this.#checkRefusal(event);
    else throw misfit(event, "no guest records that");
    this.#checkLimits(event);
    judge(this.#tree, event, this.#limits);
    if (event.kind === "unlink") this.#unnamed.add(event.ino);
    if (event.kind === "rename" && event.replaced !== undefined)
      this.#unnamed.add(event.replaced.ino);
    this.#events += 1;
    this.#tapeBytes += event.kind === "write" ? event.length : 0;
    this.#textLength += textLength(event);
  }

  /** A file that lost its name while it was open was closed: what the guest's process says of others counts for nothing. */
  forget(ino: number): void {
    if (this.#tree.orphans.has(ino as Ino)) forget(this.#tree, ino as Ino);
  }

  #checkMutation(event: Mutation): void {
    // Only undo and restore bring back what was, and name bytes that the tape has already.
    if (event.kind === "revert") throw misfit(event, "no guest records that");
    // A guest has no call that says a mode, and none may make a file of the host setuid or open to others.
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

  /** Its words are the filesystem's own, and short; only the path is the guest's, cut with a sign where it is too long. */
  #checkRefusal(event: Event & Refusal): void {
    const { operation, error, limit = "", path } = event;
    if (Math.max(operation.length, error.length, limit.length) > mostWordLength)
      throw misfit(event, "it says more than any refusal does");
    if (path.length > this.#limits["path-bytes"] + 1)
      throw misfit(event, "its path is longer than any may be");
  }

  /** Any of its names will do: one may be outside. */
  #checkInode(event: Event, ino: Ino, access: Reach["access"]): void {
    const names = inodeOf(this.#tree, ino)?.names ?? [];
    const isReached =
      this.#reach.some((one) => one.ino === ino && mayDo(one, access)) ||
      names.some(({ parent }) => this.#isWithin(parent, access)) ||
      // What has no name lost it in this run: it was this guest that took it. A link is made by name, not by descriptor.
      (event.kind !== "link" && (this.#tree.orphans.has(ino) || this.#unnamed.has(ino)));
    if (!isReached) throw misfit(event, "it is outside of what the guest may reach");
  }

  /** Whether a directory is one that the guest was given, or stands below one. */
  #isWithin(directory: Ino, access: Reach["access"]): boolean {
    return this.#reach.some(
      (one) => mayDo(one, access) && isWithin(this.#tree, directory, one.ino),
    );
  }

  /** As the live filesystem counts; when events are used up it tells of refusals a few times more. */
  #checkLimits(event: Event): void {
    const { events, "tape-bytes": tapeBytes } = this.#limits;
    const allowance = event.kind === "fail" ? mostUntoldRefusals : 0;
    const most = Math.max(tapeBytes, leastTextLength) + allowance * this.#limits["path-bytes"];
    if (
      this.#events >= events + allowance ||
      this.#tapeBytes + (event.kind === "write" ? event.length : 0) > tapeBytes ||
      this.#textLength + textLength(event) > most
    )
      throw misfit(event, "the run's limits are used up");
  }
}

/** Of the names of operations, codes and limits. */
const mostWordLength = 64;

function mayDo(reach: Reach, access: Reach["access"]): boolean {
  return access === "read-only" || reach.access === "read-write";
}

function misfit(event: Event, reason: string): MisfitError {
  return new MisfitError(`event #${event.seq} (${event.kind}) may not follow (${reason})`);
}
