import { readFileSync, writeSync } from "node:fs";
import { ByteWriter } from "../../../journal/format/bytes.ts";
import { encodeEvent } from "../../../journal/format/codec.ts";
import type { Event, Seq } from "../../../journal/index.ts";
import { recordHeaderBytes, sealRecord, tagOf } from "../../../journal/writer/redo-log.ts";
import type { Begun } from "./begun.ts";

/** Appends records to the log like a process under attack: of any event, and of any bytes. */
export class Forger {
  readonly #begun: Begun;
  readonly #tag: Uint8Array;
  readonly #time: bigint;
  next: { seq: Seq; tape: number };

  constructor(begun: Begun) {
    this.#begun = begun;
    this.#tag = tagOf(readFileSync(`${begun.path}-tail`));
    const { keeper } = begun;
    this.#time = keeper.journal.event(keeper.journal.head())?.time ?? 0n;
    this.next = { seq: (keeper.journal.head() + 1) as Seq, tape: keeper.commit() };
  }

  /** Returns the stamp that an honest process would give. */
  stamp() {
    return { seq: this.next.seq, time: this.#time, run: this.#begun.run };
  }

  /** Makes a write as an honest process would record it. */
  write(payload: Uint8Array): Event & { readonly kind: "write" } {
    const place = { ino: 2 as never, path: "/a", offset: 0, tape: this.next.tape as never };
    return { kind: "write", ...place, length: payload.length, ...this.stamp() };
  }

  record(event: Event, payload: Uint8Array = Buffer.alloc(0), tapeAfter?: number): Buffer {
    const bytes = new ByteWriter();
    bytes.at = recordHeaderBytes;
    encodeEvent(bytes, event, tapeAfter ?? this.next.tape + payload.length);
    return this.sealed(bytes.buffer.subarray(recordHeaderBytes, bytes.at), payload);
  }

  sealed(eventBytes: Uint8Array, payload: Uint8Array): Buffer {
    const buffer = Buffer.concat([Buffer.alloc(recordHeaderBytes), eventBytes, payload]);
    const payloadAt = recordHeaderBytes + eventBytes.length;
    const end = buffer.length;
    sealRecord({ seq: 0, buffer, start: 0, payloadAt, end, rest: undefined }, this.#tag);
    return buffer;
  }

  append(...parts: readonly Uint8Array[]): void {
    for (const part of parts) writeSync(this.#begun.log, part);
  }
}

/** Makes the next event of an honest process: a file gets another size. */
export const size = (forger: Forger): Event => ({
  kind: "set-size",
  ino: 2 as never,
  path: "/a",
  size: 1,
  ...forger.stamp(),
});

/** Makes the beginning of a run, as no guest records it. */
export function startOf(forger: Forger): Event {
  const start = { kind: "run-start" as const, cause: "guest" as const, guest: "g", digest: "" };
  return { ...start, args: [], environment: [], limits: new Map(), ...forger.stamp() };
}

/** Returns the bytes of `size`, without its record. */
export function eventBytesOf(forger: Forger): Buffer {
  return forger.record(size(forger)).subarray(recordHeaderBytes);
}

/** Returns the same event, with its seq in two bytes instead of one. */
export function padded(bytes: Buffer): Buffer {
  const seq = bytes[2] ?? 0;
  return Buffer.concat([bytes.subarray(0, 2), Buffer.from([seq | 0x80, 0]), bytes.subarray(3)]);
}

/** Writes another length into a record. */
export function withLength(record: Buffer, length: number, at = 4): Buffer {
  record.writeUInt32LE(length, at);
  return record;
}

/** Flips a bit of a record. */
export function flipped(record: Buffer, at: number): Buffer {
  record[at] = (record[at] ?? 0) ^ 1;
  return record;
}
