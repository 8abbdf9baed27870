import type { TapePosition } from "../../../journal/index.ts";
import { sortedXattrs, type Xattrs } from "../../fs/index.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";

/** Writes attributes in the order of their names: each with its length and where its value stands on the tape. */
export function writeXattrs(to: ByteWriter, xattrs: Xattrs): void {
  to.varint(xattrs.size);
  for (const [name, { length, tape }] of sortedXattrs(xattrs)) {
    to.text(name);
    to.varint(length);
    to.varint(tape);
  }
}

/** Reads what `writeXattrs` wrote. */
export function readXattrs(from: ByteReader): Xattrs {
  const xattrs = new Map<string, { tape: TapePosition; length: number }>();
  for (let left = from.varint(); left > 0; left -= 1) {
    const name = from.text();
    const length = from.varint();
    xattrs.set(name, { tape: from.varint() as TapePosition, length });
  }
  return xattrs;
}
