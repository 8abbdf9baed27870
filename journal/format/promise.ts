import type { Event, Seq, TapePosition } from "./event.ts";

/** Tells a file of the host that is as it was from one that was changed. */
export interface HostStamp {
  readonly size: number;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** The inode number on the host. */
  readonly ino: bigint;
}

/** An entry of a host's folder, as a listing holds it. Times are nanoseconds since the epoch. */
export type Listed = ListedFile | ListedDirectory | ListedSymlink | ListedLink;

export interface ListedFile extends HostStamp {
  readonly type: "file";
  readonly name: string;
  readonly mode: number | undefined;
  readonly atime: bigint;
}

export interface ListedDirectory {
  readonly type: "directory";
  readonly name: string;
  readonly mode: number | undefined;
  readonly mtime: bigint;
  readonly atime: bigint;
  /** The number of its entries. */
  readonly children: number;
}

export interface ListedSymlink {
  readonly type: "symlink";
  readonly name: string;
  readonly target: string;
  readonly mtime: bigint;
  readonly atime: bigint;
}

/** A further name of a file or symlink that is listed before it. */
export interface ListedLink {
  readonly type: "link";
  readonly name: string;
  /** The index of that entry. */
  readonly to: number;
}

/** A listing as the journal has it. */
export type ListingEvent = Event & { readonly kind: "listing" };

/** A file of the host whose bytes were promised. */
export interface PromisedFile {
  readonly listing: Seq;
  /** The folder that was listed. */
  readonly from: string;
  /** The absolute path that this folder had in the filesystem. */
  readonly top: string;
  /** The path of the file below both. */
  readonly below: string;
  /** The position of its first byte. */
  readonly start: TapePosition;
  readonly stamp: HostStamp;
}

/** Promised bytes that are on the tape. */
export interface Fetched {
  /** The promised position of the first one. */
  readonly start: number;
  readonly length: number;
  readonly tape: number;
}

/** Promised bytes are fetched in pieces of this length, counted from the beginning of each file. */
export const pieceBytes = 1024 * 1024;

/** Returns the piece of a file in which a promised position lies. */
export function pieceAt(
  { start, stamp }: Pick<PromisedFile, "start" | "stamp">,
  position: number,
): { readonly start: TapePosition; readonly offset: number; readonly length: number } {
  const offset = position - start - ((position - start) % pieceBytes);
  return {
    start: (start + offset) as TapePosition,
    offset,
    length: Math.min(pieceBytes, stamp.size - offset),
  };
}
