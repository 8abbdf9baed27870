import type {
  DescriptorStat,
  MetadataHashValue,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import { Descriptor } from "../descriptor.ts";
import { DirectoryEntryStream } from "../directory-stream.ts";
import {
  adviceOf,
  descriptorFlagBits,
  descriptorFlags,
  errorNumber,
  newTimestamp,
  openFlags,
  pathFlags,
  typeNumber,
} from "./codes.ts";
import { type Context, GuestMemory } from "./memory.ts";
import type { HandleTable, Resources } from "./resources.ts";

/** A core function of the canonical ABI: flat arguments, results through the pointer that comes last. */
export type Lowered = (...flat: never[]) => void;
export type Factory = (context: Context) => Lowered;

/** Writes the value of a result, and that it is one. */
type Put<T> = (call: Call, result: number, value: T) => void;
type Flags = ReturnType<typeof pathFlags>;

/** Offset of a result's value or error code, by its alignment. */
const ok = 0;
const err = 1;

/** A call on a descriptor, and the memory for its result. */
class Call {
  readonly memory: GuestMemory;
  readonly #resources: Resources;
  readonly #tables: readonly HandleTable[];
  #own: HandleTable | undefined;

  constructor(resources: Resources, context: Context, mostPathBytes: number) {
    this.memory = new GuestMemory(context, mostPathBytes);
    this.#resources = resources;
    this.#tables = context.resourceTables ?? [];
  }

  descriptor(handle: number): Descriptor {
    this.#own ??= this.#resources.tableOf(this.#tables, handle, Descriptor);
    return this.#resources.lift(this.#own, handle, Descriptor);
  }

  /** Makes a handle for a new object: in the descriptors' table, or in the function's other one. */
  own(object: object): number {
    const table =
      object instanceof Descriptor ? this.#own : this.#tables.find((one) => one !== this.#own);
    if (table === undefined) throw new Error("the glue gave no table for the result of a call");
    return this.#resources.own(table, object);
  }

  ok(result: number): GuestMemory {
    this.memory.setUint8(result, ok);
    return this.memory;
  }

  /** Writes an error code; throws any other error on. `at` is the offset of the result's payload. */
  fail(result: number, at: 1 | 4 | 8, thrown: unknown): void {
    const number = errorNumber(thrown);
    this.memory.setUint8(result, err);
    this.memory.setUint8(result + at, number);
  }

  /** Answers a call that returns nothing, an own handle, or a string. */
  unit(result: number, run: () => void): void {
    try {
      run();
      this.ok(result);
    } catch (error) {
      this.fail(result, 1, error);
    }
  }

  handle(result: number, run: () => object): void {
    try {
      const handle = this.own(run());
      this.ok(result).setUint32(result + 4, handle);
    } catch (error) {
      this.fail(result, 4, error);
    }
  }
}

/** Returns the methods of descriptor as core functions. They only convert values: `Descriptor` does the work. */
export function lowerDescriptor(
  resources: Resources,
  mostPathBytes: number,
): Record<string, Factory> {
  const lowered =
    (make: (call: Call) => Lowered): Factory =>
    (context) =>
      make(new Call(resources, context, mostPathBytes));
  const about = <T>(put: Put<T>, ask: (self: Descriptor) => T) =>
    lowered((call) => (self: number, result: number) => {
      try {
        put(call, result, ask(call.descriptor(self)));
      } catch (error) {
        call.fail(result, 8, error);
      }
    });
  const aboutPath = <T>(put: Put<T>, ask: (self: Descriptor, flags: Flags, path: string) => T) =>
    lowered(
      (call) => (self: number, flags: number, path: number, length: number, result: number) => {
        try {
          const text = call.memory.text(path, length);
          put(call, result, ask(call.descriptor(self), pathFlags(flags), text));
        } catch (error) {
          call.fail(result, 8, error);
        }
      },
    );

  return {
    read: lowered((call) => (self: number, length: bigint, offset: bigint, result: number) => {
      try {
        const [bytes, end] = call
          .descriptor(self)
          .read(unsigned(length), unsigned(offset), call.memory.give);
        call.memory.putBytes(result + 4, bytes);
        call.ok(result).setUint8(result + 12, end ? 1 : 0);
      } catch (error) {
        call.fail(result, 4, error);
      }
    }),
    write: lowered(
      (call) => (self: number, pointer: number, length: number, offset: bigint, result: number) => {
        try {
          const bytes = call.memory.bytes(pointer, length);
          const written = call.descriptor(self).write(bytes, unsigned(offset));
          call.ok(result).setUint64(result + 8, written);
        } catch (error) {
          call.fail(result, 8, error);
        }
      },
    ),
    stat: about(putStat, (self) => self.stat()),
    statAt: aboutPath(putStat, (self, flags, path) => self.statAt(flags, path)),
    openAt: lowered(
      (call) =>
        (
          self: number,
          flags: number,
          path: number,
          length: number,
          open: number,
          mode: number,
          result: number,
        ) =>
          call.handle(result, () => {
            const text = call.memory.text(path, length);
            const base = call.descriptor(self);
            return base.openAt(pathFlags(flags), text, openFlags(open), descriptorFlags(mode));
          }),
    ),
    readViaStream: lowered(
      (call) => (self: number, offset: bigint, result: number) =>
        call.handle(result, () => call.descriptor(self).readViaStream(unsigned(offset))),
    ),
    writeViaStream: lowered(
      (call) => (self: number, offset: bigint, result: number) =>
        call.handle(result, () => call.descriptor(self).writeViaStream(unsigned(offset))),
    ),
    appendViaStream: lowered(
      (call) => (self: number, result: number) =>
        call.handle(result, () => call.descriptor(self).appendViaStream()),
    ),
    readDirectory: lowered(
      (call) => (self: number, result: number) =>
        call.handle(result, () => call.descriptor(self).readDirectory()),
    ),
    getFlags: lowered((call) => (self: number, result: number) => {
      try {
        const bits = descriptorFlagBits(call.descriptor(self).getFlags());
        call.ok(result).setUint8(result + 1, bits);
      } catch (error) {
        call.fail(result, 1, error);
      }
    }),
    getType: lowered((call) => (self: number, result: number) => {
      try {
        const number = typeNumber(call.descriptor(self).getType());
        call.ok(result).setUint8(result + 1, number);
      } catch (error) {
        call.fail(result, 1, error);
      }
    }),
    advise: lowered(
      (call) => (self: number, offset: bigint, length: bigint, advice: number, result: number) =>
        call.unit(result, () =>
          call.descriptor(self).advise(unsigned(offset), unsigned(length), adviceOf(advice)),
        ),
    ),
    sync: lowered(
      (call) => (self: number, result: number) =>
        call.unit(result, () => call.descriptor(self).sync()),
    ),
    syncData: lowered(
      (call) => (self: number, result: number) =>
        call.unit(result, () => call.descriptor(self).syncData()),
    ),
    setSize: lowered(
      (call) => (self: number, size: bigint, result: number) =>
        call.unit(result, () => call.descriptor(self).setSize(unsigned(size))),
    ),
    setTimes: lowered(
      (call) =>
        (
          self: number,
          accessTag: number,
          accessSeconds: bigint,
          accessNanoseconds: number,
          tag: number,
          seconds: bigint,
          nanoseconds: number,
          result: number,
        ) =>
          call.unit(result, () =>
            call
              .descriptor(self)
              .setTimes(
                newTimestamp(accessTag, accessSeconds, accessNanoseconds),
                newTimestamp(tag, seconds, nanoseconds),
              ),
          ),
    ),
    setTimesAt: lowered(
      (call) =>
        (
          self: number,
          flags: number,
          path: number,
          length: number,
          accessTag: number,
          accessSeconds: bigint,
          accessNanoseconds: number,
          tag: number,
          seconds: bigint,
          nanoseconds: number,
          result: number,
        ) =>
          call.unit(result, () =>
            call
              .descriptor(self)
              .setTimesAt(
                pathFlags(flags),
                call.memory.text(path, length),
                newTimestamp(accessTag, accessSeconds, accessNanoseconds),
                newTimestamp(tag, seconds, nanoseconds),
              ),
          ),
    ),
    createDirectoryAt: lowered(
      (call) => (self: number, path: number, length: number, result: number) =>
        call.unit(result, () =>
          call.descriptor(self).createDirectoryAt(call.memory.text(path, length)),
        ),
    ),
    removeDirectoryAt: lowered(
      (call) => (self: number, path: number, length: number, result: number) =>
        call.unit(result, () =>
          call.descriptor(self).removeDirectoryAt(call.memory.text(path, length)),
        ),
    ),
    unlinkFileAt: lowered(
      (call) => (self: number, path: number, length: number, result: number) =>
        call.unit(result, () => call.descriptor(self).unlinkFileAt(call.memory.text(path, length))),
    ),
    renameAt: lowered(
      (call) =>
        (
          self: number,
          path: number,
          length: number,
          newBase: number,
          newPath: number,
          newLength: number,
          result: number,
        ) =>
          call.unit(result, () => {
            const base = call.descriptor(self);
            const to = call.memory.text(newPath, newLength);
            base.renameAt(call.memory.text(path, length), call.descriptor(newBase), to);
          }),
    ),
    linkAt: lowered(
      (call) =>
        (
          self: number,
          flags: number,
          path: number,
          length: number,
          newBase: number,
          newPath: number,
          newLength: number,
          result: number,
        ) =>
          call.unit(result, () => {
            const base = call.descriptor(self);
            const to = call.memory.text(newPath, newLength);
            const from = call.memory.text(path, length);
            base.linkAt(pathFlags(flags), from, call.descriptor(newBase), to);
          }),
    ),
    symlinkAt: lowered(
      (call) =>
        (
          self: number,
          target: number,
          targetLength: number,
          path: number,
          length: number,
          result: number,
        ) =>
          call.unit(result, () => {
            const to = call.memory.text(target, targetLength);
            call.descriptor(self).symlinkAt(to, call.memory.text(path, length));
          }),
    ),
    readlinkAt: lowered((call) => (self: number, path: number, length: number, result: number) => {
      try {
        const target = call.descriptor(self).readlinkAt(call.memory.text(path, length));
        call.memory.putText(result + 4, target);
        call.ok(result);
      } catch (error) {
        call.fail(result, 4, error);
      }
    }),
    metadataHash: about(putHash, (self) => self.metadataHash()),
    metadataHashAt: aboutPath(putHash, (self, flags, path) => self.metadataHashAt(flags, path)),
  };
}

/** Returns directory-entry-stream.read-directory-entry as a core function. */
export function lowerDirectoryStream(resources: Resources): Record<string, Factory> {
  return {
    readDirectoryEntry: (context) => {
      const memory = new GuestMemory(context);
      const tables = context.resourceTables ?? [];
      return (self: number, result: number) => {
        const table = resources.tableOf(tables, self, DirectoryEntryStream);
        const entry = resources.lift(table, self, DirectoryEntryStream).readDirectoryEntry();
        if (entry !== undefined) {
          memory.putText(result + 12, entry.name);
          memory.setUint8(result + 8, typeNumber(entry.type));
        }
        memory.setUint8(result + 4, entry === undefined ? 0 : 1);
        memory.setUint8(result, ok);
      };
    },
  };
}

function putStat(call: Call, result: number, stat: DescriptorStat): void {
  const memory = call.ok(result);
  memory.setUint8(result + 8, typeNumber(stat.type));
  memory.setUint64(result + 16, stat.linkCount);
  memory.setUint64(result + 24, stat.size);
  putTime(memory, result + 32, stat.dataAccessTimestamp);
  putTime(memory, result + 56, stat.dataModificationTimestamp);
  putTime(memory, result + 80, stat.statusChangeTimestamp);
}

function putTime(
  memory: GuestMemory,
  at: number,
  time: { seconds: bigint; nanoseconds: number } | undefined,
): void {
  memory.setUint8(at, time === undefined ? 0 : 1);
  if (time === undefined) return;
  memory.setUint64(at + 8, time.seconds);
  memory.setUint32(at + 16, time.nanoseconds);
}

function putHash(call: Call, result: number, hash: MetadataHashValue): void {
  const memory = call.ok(result);
  memory.setUint64(result + 8, hash.lower);
  memory.setUint64(result + 16, hash.upper);
}

/** Converts a u64, which the core passes signed. */
function unsigned(value: bigint): bigint {
  return value < 0n ? BigInt.asUintN(64, value) : value;
}
