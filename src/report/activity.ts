import type { Event, Kind } from "../../journal/index.ts";
import { verdictOf } from "../fs/index.ts";
import type { ActivityData } from "./format/data.ts";

const groups = ["made", "written", "moved", "removed", "refused", "failed", "read"] as const;

const groupOf: Readonly<Partial<Record<Kind, (typeof groups)[number]>>> = {
  create: "made",
  mkdir: "made",
  symlink: "made",
  link: "made",
  write: "written",
  "set-size": "written",
  revert: "written",
  "set-mode": "written",
  rename: "moved",
  unlink: "removed",
  rmdir: "removed",
  read: "read",
  open: "read",
};

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
    const group = event.kind === "fail" ? verdictOf(event) : groupOf[event.kind];
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
    piece.counts[index] = (piece.counts[index] ?? 0) + (event.kind === "fail" ? event.count : 1);
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
