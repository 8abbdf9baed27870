import {
  type Event,
  type Journal,
  type ListingEvent,
  type Seq,
  listedPath,
  pieceAt,
  promisedFrom,
} from "../../../journal/index.ts";

/** Checks, event by event, that each position is promised once, and that only promised bytes are fetched, once. */
export class PromiseCheck {
  readonly #journal: Journal;
  #promised = promisedFrom;
  readonly #fetched = new Set<number>();

  /** Begins after the event `before`. */
  constructor(journal: Journal, before: Seq) {
    this.#journal = journal;
    const earlier = journal.query({ kinds: new Set(["listing", "fetch"]), last: before });
    for (const event of earlier) this.#keep(event);
  }

  /** Returns the reason why an event cannot follow those before it, if any. `tape` is the length of the tape then. */
  misfitOf(event: Event, tape: number): string | undefined {
    if (event.kind !== "listing" && event.kind !== "fetch") return undefined;
    if (event.tape !== tape)
      return `its bytes should stand at ${tape} of the tape, not ${event.tape}`;
    const reason = event.kind === "listing" ? this.#ofListing(event) : this.#ofFetch(event);
    this.#keep(event);
    return reason;
  }

  #ofListing({ start }: ListingEvent): string | undefined {
    return start < this.#promised ? "it promises positions that are taken" : undefined;
  }

  #ofFetch({ start, length, path }: Event & { readonly kind: "fetch" }): string | undefined {
    const file = this.#journal.promised?.(start);
    if (file === undefined) return "it brings bytes that were never promised";
    const piece = pieceAt(file, start);
    if (piece.start !== start || piece.length !== length || listedPath(file) !== path)
      return "it brings other bytes than were promised";
    return this.#fetched.has(start) ? "it brings bytes that are there already" : undefined;
  }

  #keep(event: Event): void {
    if (event.kind === "listing") this.#promised = event.start + event.promised;
    if (event.kind === "fetch") this.#fetched.add(event.start);
  }
}
