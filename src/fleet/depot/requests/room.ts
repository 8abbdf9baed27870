import { RefusedError } from "./refused.ts";

const mebibyte = 1024 * 1024;

/** Bytes that a tenant holds of packs that are on their way. */
export interface Held {
  /** Takes room for so many more. Throws RefusedError if there is none. */
  more(bytes: number): void;
  /** Gives all of it back. */
  release(): void;
}

/** A size of packs that share memory with each other alone. */
interface Class {
  /** Bytes that all of them may hold together, and those of one tenant. */
  readonly total: number;
  readonly ofTenant: number;
  /** Packs of one tenant that may come at a time. */
  readonly together: number;
  held: number;
  readonly tenants: Map<number, { bytes: number; packs: number }>;
}

/** Packs that are larger are few: a program wrote as much at once. */
const usualPackBytes = 16 * mebibyte;

/**
 * The memory for packs that are on their way: bounded in all, and for each tenant, so that none keeps the others out.
 * Large packs have room of their own, of which one alone may take all: nobody's usual ones wait for them.
 */
export class Room {
  readonly #usual: Class;
  readonly #large: Class;

  /** With `together` so many packs of one tenant may come at a time, of both sizes. Default: 32, and one that is large. */
  constructor(together?: number) {
    this.#usual = roomOf(256 * mebibyte, 64 * mebibyte, together ?? 32);
    this.#large = roomOf(256 * mebibyte, 256 * mebibyte, together ?? 1);
  }

  /** Lets a pack of `length` bytes come. Throws RefusedError (429) if too many of its tenant are on their way. */
  enter(tenant: number, length: number): Held {
    const own = length > usualPackBytes ? this.#large : this.#usual;
    const before = own.tenants.get(tenant) ?? { bytes: 0, packs: 0 };
    if (before.packs >= own.together) throw tooMany();
    own.tenants.set(tenant, before);
    before.packs += 1;
    let held = 0;
    return {
      more(bytes) {
        if (before.bytes + bytes > own.ofTenant) throw tooMany();
        if (own.held + bytes > own.total)
          throw new RefusedError(503, "too much is on its way at once");
        own.held += bytes;
        before.bytes += bytes;
        held += bytes;
      },
      release() {
        own.held -= held;
        before.bytes -= held;
        before.packs -= 1;
        held = 0;
        if (before.packs === 0) own.tenants.delete(tenant);
      },
    };
  }
}

function roomOf(total: number, ofTenant: number, together: number): Class {
  return { total, ofTenant, together, held: 0, tenants: new Map() };
}

function tooMany(): RefusedError {
  return new RefusedError(429, "too much of this tenant is on its way at once");
}
