import type { Draft as Mutable } from "immer";

import {
  type Ino,
  Listing,
  type ListingEvent,
  type Name,
  type TapePosition,
  promisedFrom,
  readListing,
} from "../../../journal/index.ts";
import { type ReadTape, contentAt } from "./content.ts";
import { type MutableEntries, entriesFrom } from "../table/entries.ts";
import { MisfitError } from "../limits/error.ts";
import { setRange } from "../table/table-range.ts";
import {
  type Directory,
  type Inode,
  type MutableTree,
  linkTo,
  newDirectory,
  newFile,
  newSymlink,
} from "./tree.ts";

/** Promised bytes end here. */
const promisedUntil = 2 ** 52;

/**
 * Puts everything that a listing lists below its directory, which is empty. Inodes are made when they are looked at, a
 * page at a time. Throws MisfitError for a list that is damaged, and JournalError.
 */
export function applyListing(
  tree: MutableTree,
  directory: Mutable<Directory>,
  event: ListingEvent,
  readTape: ReadTape,
): void {
  const { first, entries, promised, start } = event;
  if (start < promisedFrom || start + promised > promisedUntil) throw misfit(event);
  if (first + entries >= Number.MAX_SAFE_INTEGER) throw misfit(event);
  const made = openInodes(event, listingOf(event, readTape));
  directory.entries = made.entries() as MutableEntries;
  directory.size = made.listing.top;
  directory.mtime = event.time;
  directory.ctime = event.time;
  const origin = new ListingOrigin(event, made.listing);
  setRange(tree.inodes, first, first + entries, made.inodeAt, origin);
  tree.count += entries - made.listing.links;
  tree.mapped += promised;
  tree.nextIno = (first + entries) as Ino;
}

/** Reads the list of a listing from the tape. */
export function listingOf(event: ListingEvent, readTape: ReadTape): Listing {
  try {
    return readListing(event, (target) => readTape(event.tape, event.length, target));
  } catch (error) {
    if (error instanceof Error && error.name === "MalformedError") throw misfit(event, error);
    throw error;
  }
}

/** The listing of inodes that nobody has looked at yet. */
export class ListingOrigin {
  readonly event: Pick<ListingEvent, "ino" | "first" | "start" | "promised" | "time">;
  readonly listing: Listing;

  constructor({ ino, first, start, promised, time }: ListingOrigin["event"], listing: Listing) {
    this.event = { ino, first, start, promised, time };
    this.listing = listing;
  }

  /** Tells if it is the same listing, which two states may have read each for itself. */
  isSame(other: object): boolean {
    if (!(other instanceof ListingOrigin)) return false;
    const [one, its] = [this.event, other.event];
    return one.start === its.start && one.first === its.first && one.time === its.time;
  }
}

/** Makes the inodes of a listing. */
export interface ListedInodes {
  readonly listing: Listing;
  /** The entries of the directory that the listing fills. */
  entries(): ReturnType<typeof entriesFrom>;
  /** Undefined for a number that no inode has, as it would be a further name of another. */
  readonly inodeAt: (ino: number) => Mutable<Inode> | undefined;
}

export function openInodes(
  { ino: top, first, start, time }: Pick<ListingEvent, "ino" | "first" | "start" | "time">,
  listing: Listing,
): ListedInodes {
  const inoOf = (index: number | undefined) => (index === undefined ? top : first + index) as Ino;
  const linkOf = (index: number) =>
    linkTo(inoOf(listing.parentOf(index)), listing.name(index) as Name);

  function entriesOf(from: number, count: number) {
    const names = new Map<Name, Ino>();
    for (let index = from; index < from + count; index += 1)
      names.set(listing.name(index) as Name, inoOf(listing.target(index)));
    return entriesFrom(names);
  }

  function inodeAt(ino: number): Mutable<Inode> | undefined {
    const index = ino - first;
    const entry = listing.entry(index);
    if (entry.type === "link") return undefined;
    const names = [linkOf(index), ...listing.linksTo(index).map(linkOf)];
    const times = { atime: entry.atime, mtime: entry.mtime };
    switch (entry.type) {
      case "file": {
        const position = (start + listing.positionOf(index)) as TapePosition;
        const content = contentAt(entry.size, position);
        return {
          ...newFile(ino as Ino, names, time, entry.mode),
          ...times,
          content,
        } as Mutable<Inode>;
      }
      case "directory": {
        const { children: size } = entry;
        const entries = entriesOf(listing.firstIn(index), size);
        const made = newDirectory(ino as Ino, names, time, entry.mode);
        return { ...made, ...times, entries, size } as Mutable<Inode>;
      }
      case "symlink":
        return { ...newSymlink(ino as Ino, names, time, entry.target), ...times } as Mutable<Inode>;
    }
  }

  return { listing, entries: () => entriesOf(0, listing.top), inodeAt };
}

function misfit(event: ListingEvent, cause?: Error): MisfitError {
  const reason = cause === undefined ? "" : ` (${cause.message})`;
  return new MisfitError(`event #${event.seq} (listing) does not fit the state before it${reason}`);
}
