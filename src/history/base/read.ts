import type { BaseState } from "./base-state.ts";
import { ByteReader } from "./bytes.ts";
import { readVersion2 } from "./version-2.ts";
import { readVersion3 } from "./version-3.ts";

type Read = (from: ByteReader, pageAt: (digest: string) => Uint8Array) => BaseState;

/** The decoder of each version of a base. One that was ever written stays here. */
const readers: ReadonlyMap<number, Read> = new Map([
  [2, readVersion2],
  [3, readVersion3],
]);

/** A base that a later version of this program wrote. */
export class UnknownBaseVersion extends Error {
  override readonly name = "UnknownBaseVersion";
  readonly version: number;
  /** The latest that is known. */
  readonly known: number = Math.max(...readers.keys());

  constructor(version: number) {
    super(`a base of version ${version}`);
    this.version = version;
  }
}

/**
 * Reads the state that a compacted journal begins with, whatever version of the encoding it is in. What it says is checked
 * as far as it can be decoded; `requireTree` checks that it is a tree. Throws SnapshotDamage or UnknownBaseVersion.
 */
export function readBase(bytes: Uint8Array, pageAt: (digest: string) => Uint8Array): BaseState {
  const from = new ByteReader(bytes);
  const version = from.byte();
  const read = readers.get(version);
  if (read === undefined) throw new UnknownBaseVersion(version);
  return read(from, pageAt);
}
