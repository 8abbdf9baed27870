import type { ListedEntry } from "../preview2/directory-stream.ts";
import type { Handle } from "../calls/handle.ts";
import { Rights } from "./rights.ts";

/** One of the three standard streams. */
export type Standard = "stdin" | "stdout" | "stderr";

/** Meaning of a guest's descriptor: a standard stream, or a file or directory with preview 1's state. */
export type Opened = OpenFile | OpenStandard;

export class OpenStandard {
  readonly handle: undefined;
  readonly stream: Standard;
  readonly rights: Rights;

  constructor(stream: Standard) {
    this.stream = stream;
    this.rights = Rights.ofStandard(stream);
  }

  close(): void {}
}

/** The largest exact position; later ones are past the end of every file. */
const largestExact = Number.MAX_SAFE_INTEGER;

export class OpenFile {
  readonly handle: Handle;
  readonly rights: Rights;
  /** Path under which the guest finds a preopen. */
  readonly preopen: Uint8Array | undefined;
  appends: boolean;
  nonBlocking: boolean;
  /** Position of the next read or write; 2^53 for anything beyond. */
  position = 0;
  /** The exact position, if it is beyond what a number holds. */
  #far: bigint | undefined;
  /** Its entries when they were last read from the beginning. */
  #entries: readonly ListedEntry[] | undefined;

  /** Takes over the handle. */
  constructor(
    handle: Handle,
    rights: Rights,
    flags: { appends: boolean; nonBlocking: boolean },
    preopen?: string,
  ) {
    this.handle = handle;
    this.rights = rights;
    this.appends = flags.appends;
    this.nonBlocking = flags.nonBlocking;
    this.preopen = preopen === undefined ? undefined : new TextEncoder().encode(preopen);
  }

  get entries(): readonly ListedEntry[] | undefined {
    return this.#entries;
  }

  /** Replaces the listing of its entries, which its host has counted. */
  keep(entries: readonly ListedEntry[] | undefined): void {
    if (this.#entries !== undefined) this.handle.host.unlist(this.#entries.length);
    this.#entries = entries;
  }

  moveTo(position: number): void {
    this.position = position;
    this.#far = undefined;
  }

  /** The exact position, from 0 to 2^63 - 1. */
  get offset(): bigint {
    return this.#far ?? BigInt(this.position);
  }

  set offset(offset: bigint) {
    const isExact = offset <= BigInt(largestExact);
    this.position = isExact ? Number(offset) : largestExact + 1;
    this.#far = isExact ? undefined : offset;
  }

  close(): void {
    this.keep(undefined);
    this.handle.close();
  }
}
