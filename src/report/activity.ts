import type { Event, Kind } from "../../journal/index.ts";
import { isDenial, verdictOf } from "../fs/index.ts";
import type { ActivityData } from "./format/data.ts";

const groups = ["made", "written", "moved", "removed", "refused", "failed", "read"] as const;

type Group = (typeof groups)[number];

/** The group that events of each kind count for; undefined for those that count for none, or go by what they say. */
const groupOf: Readonly<Record<Kind, Group | undefined>> = {
  create: "made",
  mkdir: "made",
  symlink: "made",
  mknod: "made",
  link: "made",
  listing: "made",
  write: "written",
  "set-size": "written",
  revert: "written",
  "set-mode": "written",
  "set-xattr": "written",
  "remove-xattr": "written",
  "revert-xattr": "written",
  "set-times": undefined,
  rename: "moved",
  exchange: "moved",
  unlink: "removed",
  rmdir: "removed",
  read: "read",
  open: "read",
  fail: undefined,
  decision: undefined,
  fetch: undefined,
  process: undefined,
  mark: undefined,
  "run-start": undefined,
  "run-end": undefined,
};

function groupFor(event: Event): Group | undefined {
  if (event.kind === "fail") return verdictOf(event);
  if (event.kind === "decision") return isDenial(event.action) ? "refused" : undefined;
  return groupOf[event.kind];
}

const mostPieces = 240;
/** Shortens longer pauses to this. */
const longestPauseNanoseconds = 250_000_000n;

interface Piece {
  seq: number;
  readonly counts: number[];
}

/** Counts events in pieces of time, which get wider as there is more time. */
export class Activity {
  #pieces: Piece[] = [];
  #width = 1_000_000n;
  #elapsed = 0n;
  #last: bigint | undefined;

  add(event: Event): void {
    const group = groupFor(event);
    if (this.#last !== undefined) {
      const pause = event.time - this.#last;
      this.#elapsed += pause < longestPauseNanoseconds ? pause : longestPauseNanoseconds;
    }
    this.#last = event.time;
    while (this.#elapsed / this.#width >= mostPieces) this.#halve();
    const at = Number(this.#elapsed / this.#width);
    // A piece in which nothing happened ends with the event before it.
    const before = this.#pieces.at(-1)?.seq ?? event.seq - 1;
    while (this.#pieces.length <= at) this.#pieces.push({ seq: before, counts: zeros() });
    const piece = this.#pieces[at];
    if (piece === undefined) return;
    piece.seq = event.seq;
    if (group === undefined) return;
    const index = groups.indexOf(group);
    piece.counts[index] = (piece.counts[index] ?? 0) + ("count" in event ? (event.count ?? 1) : 1);
  }

  /** Returns the counts so far. */
  data(): ActivityData {
    return { kinds: groups, pieces: this.#pieces };
  }

  #halve(): void {
    this.#width *= 2n;
    const pieces = this.#pieces;
    this.#pieces = [];
    for (let at = 0; at < pieces.length; at += 2) {
      const [one, other] = [pieces[at], pieces[at + 1]];
      if (one === undefined) continue;
      const counts = one.counts.map((count, index) => count + (other?.counts[index] ?? 0));
      this.#pieces.push({ seq: other?.seq ?? one.seq, counts });
    }
  }
}

function zeros(): number[] {
  return groups.map(() => 0);
}
