import { hash } from "node:crypto";
import { MalformedError } from "../format/bytes.ts";
import { failure } from "../interface/storage-error.ts";
import type { PackHead } from "../pack/pack.ts";
import type { Catalog } from "./catalog.ts";
import type { PagePlace } from "./directory.ts";
import type { SparseFile } from "./file.ts";
import type { ObjectRange, RemoteStore } from "./store.ts";
import type { PartPlace } from "./view.ts";

/** Causes a failure to read that lies in what the store gave, and not in what was kept of it here. */
export class StoreFault extends Error {
  override readonly name = "StoreFault";

  constructor(cause: MalformedError) {
    super(cause.message, { cause });
  }
}

/** Something to fetch: its ranges, and what is done with their bytes. */
export interface Wanted {
  readonly ranges: readonly ObjectRange[];
  readonly put: (...bytes: Buffer[]) => void;
}

/** Ways to the rows of a journal in a store. */
export interface Reach {
  /** Returns what is known of the journal: it grows. */
  readonly catalog: () => Catalog;
  /** Fetches what is wanted, and puts it into the file. Throws JournalError. */
  readonly fetch: (wanted: readonly Wanted[]) => void;
  readonly sparse: SparseFile;
}

/** Most bytes that are fetched ahead of what is read one after another. */
export const mostAhead = 8 * 1024 * 1024;
/** Most bytes and ranges that are asked for together. */
const mostTogether = 16 * 1024 * 1024;
const mostRanges = 2_000;
/** Most bytes of one thing. */
const mostBytes = 96 * 1024 * 1024;

/** Returns a function that fetches what is wanted, so much at a time, and puts it into the file. */
export function fetcher(
  file: string,
  store: RemoteStore,
  sparse: SparseFile,
): (wanted: readonly Wanted[]) => void {
  return (wanted) => {
    for (let at = 0; at < wanted.length;) {
      const some: Wanted[] = [];
      for (let bytes = 0, ranges = 0; at < wanted.length; at += 1) {
        const next = wanted[at];
        if (next === undefined) break;
        const length = next.ranges.reduce((sum, one) => sum + one.length, 0);
        if (length > mostBytes) throw tooLong(file);
        bytes += length;
        ranges += next.ranges.length;
        if (some.length > 0 && (bytes > mostTogether || ranges > mostRanges)) break;
        some.push(next);
      }
      const found = store.read(some.flatMap(({ ranges }) => ranges));
      checked(file, () =>
        sparse.together(() => {
          let next = 0;
          for (const { ranges, put } of some)
            put(...ranges.map(() => found[next++] ?? Buffer.alloc(0)));
        }),
      );
    }
  };
}

function tooLong(file: string): unknown {
  const fault = new MalformedError("a part of it is longer than any is");
  return failure("damaged", "read", file, fault.message, new StoreFault(fault));
}

/** Wants a part, which must have the digest that its place says. */
export function partOf(place: PartPlace, put: (part: Buffer) => void): Wanted {
  return {
    ranges: [rangeOf(place)],
    put: (part) => {
      requireDigest(part, place.digest);
      put(part);
    },
  };
}

export function packOf({ first, last }: PackHead): ObjectRange["object"] {
  return { pack: first, last };
}

export function rangeOf({ object, start, length }: PagePlace): ObjectRange {
  return { object: { part: object }, start, length };
}

/** Throws MalformedError. */
export function requireDigest(bytes: Buffer, digest: Buffer): void {
  if (!hash("sha256", bytes, "buffer").equals(digest))
    throw new MalformedError("the store gives other bytes than its directory says");
}

/** Tells what a store gave as a failure to read it, where it is malformed. Throws JournalError. */
export function checked<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw failure("damaged", "read", file, error.message, new StoreFault(error));
  }
}
