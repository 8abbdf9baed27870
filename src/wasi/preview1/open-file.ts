import type { ListedEntry } from "../preview2/directory-stream.ts";
import type { Handle } from "../calls/handle.ts";
import { Rights } from "./rights.ts";

/** One of the three standard streams. */
export type Standard = "stdin" | "stdout" | "stderr";

/** What stands behind a guest's number: a standard stream, or a file or directory with what preview 1 keeps of it. */
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

/** The largest position that a number holds exactly; what lies beyond is past the end of every file. */
const largestExact = Number.MAX_SAFE_INTEGER;

export class OpenFile {
  readonly handle: Handle;
  readonly rights: Rights;
  /** Where a guest finds it that has it from the start. */
  readonly preopen: Uint8Array | undefined;
  appends: boolean;
  nonBlocking: boolean;
  /** Where the next read or write is; 2^53 for all that lies beyond. */
  position = 0;
  /** Where exactly it is, when that is further than a number can tell. */
  #far: bigint | undefined;
  /** Its entries when they were last asked for from the beginning. */
  #entries: readonly ListedEntry[] | undefined;

  /** Owns the handle from now on. */
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

  /** Keeps a picture of its entries, as its host has counted them, in place of the last one. */
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
