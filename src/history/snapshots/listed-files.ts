import {
  type Ino,
  type Journal,
  type Listing,
  type ListingEvent,
  type Seq,
  type TapePosition,
} from "../../../journal/index.ts";
import { contentAt, listingOf } from "../../fs/index.ts";
import { tapeOf } from "./read-tape.ts";

/** A file as it came with a listing. */
export interface ListedFile {
  /** The listing. */
  readonly seq: Seq;
  readonly size: number;
  /** The position of its first promised byte. */
  readonly start: TapePosition;
  /** Returns its content, to be changed. */
  content(): ReturnType<typeof contentAt>;
}

/** Finds files that came with a listing, by their inodes: they have no event of their own that made them. */
export class ListedFiles {
  readonly #journal: Journal;
  readonly #listings: { readonly event: ListingEvent; listing?: Listing }[] = [];
  /** The last event that was looked at. */
  #head = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  at(ino: Ino): ListedFile | undefined {
    const found = this.#known(ino) ?? this.#readOn(ino);
    if (found === undefined) return undefined;
    const { event } = found;
    found.listing ??= listingOf(event, tapeOf(this.#journal));
    const index = ino - event.first;
    const entry = found.listing.entry(index);
    if (entry.type !== "file") return undefined;
    const { size } = entry;
    const start = (event.start + found.listing.positionOf(index)) as TapePosition;
    return { seq: event.seq, size, start, content: () => contentAt(size, start) };
  }

  #known(ino: Ino) {
    return this.#listings.find(
      ({ event }) => event.first <= ino && ino < event.first + event.entries,
    );
  }

  #readOn(ino: Ino) {
    const head = this.#journal.head();
    if (head <= this.#head) return undefined;
    const kinds = new Set(["listing"] as const);
    for (const event of this.#journal.query({ first: this.#head + 1, last: head, kinds }))
      if (event.kind === "listing") this.#listings.push({ event });
    this.#head = head;
    return this.#known(ino);
  }
}
