import {
  HostError,
  HostInputStream,
  HostOutputStream,
  type InputStream,
  type OutputStream,
} from "../../calls/io.ts";
import { FileOutputStream } from "../output-stream.ts";
import { filesystemErrorCode } from "../stream-error.ts";
import { errorNumber } from "./codes.ts";
import type { Factory, Lowered } from "./call.ts";
import { type Context, GuestMemory } from "./memory.ts";
import type { HandleTable, Kind, Resources } from "./resources.ts";

/** No stream permits a larger write. */
const mostPermittedBytes = 1024 * 1024;

/** Offset of a stream result's value, by its alignment. */
type At = 4 | 8;

/** A call on a stream, and the memory for its result. */
class StreamCall<Stream extends object> {
  readonly memory: GuestMemory;
  readonly resources: Resources;
  readonly tables: readonly HandleTable[];
  readonly #kind: Kind<Stream>;
  #own: HandleTable | undefined;
  #source: HandleTable | undefined;

  constructor(resources: Resources, context: Context, kind: Kind<Stream>) {
    this.memory = new GuestMemory(context);
    this.resources = resources;
    this.tables = context.resourceTables ?? [];
    this.#kind = kind;
  }

  stream(handle: number): Stream {
    this.#own ??= this.resources.tableOf(this.tables, handle, this.#kind);
    return this.resources.lift(this.#own, handle, this.#kind);
  }

  /** Returns the stream that a splice takes from. */
  source(handle: number): InputStream {
    this.#source ??= this.resources.tableOf(this.tables, handle, HostInputStream);
    return this.resources.lift(this.#source, handle, HostInputStream);
  }

  /** wasi:io/streams, stream-error: closed, or a failure with its error. Throws any other error on. */
  fail(result: number, at: At, thrown: unknown): void {
    const error = streamErrorOf(thrown);
    if (error === undefined) throw thrown;
    this.memory.setUint8(result, 1);
    this.memory.setUint8(result + at, error === "closed" ? 1 : 0);
    if (error === "closed") return;
    const table = this.tables.find((one) => one !== this.#own && one !== this.#source);
    if (table === undefined) throw new Error("the glue gave no table for a stream's error");
    this.memory.setUint32(result + at + 4, this.resources.own(table, error));
  }

  unit(result: number, run: () => void): void {
    try {
      run();
      this.memory.setUint8(result, 0);
    } catch (error) {
      this.fail(result, 4, error);
    }
  }

  count(result: number, run: () => bigint): void {
    try {
      this.memory.setUint64(result + 8, run());
      this.memory.setUint8(result, 0);
    } catch (error) {
      this.fail(result, 8, error);
    }
  }

  bytes(result: number, run: () => Uint8Array): void {
    try {
      this.memory.putBytes(result + 4, run());
      this.memory.setUint8(result, 0);
    } catch (error) {
      this.fail(result, 4, error);
    }
  }

  /**
   * Returns the bytes that a guest wants to write. A file's journal copies those it keeps; another stream gets its own
   * copy.
   */
  given(stream: object, pointer: number, length: number): Uint8Array {
    const bytes = this.memory.bytes(pointer, length);
    const isRefused = bytes.length > mostPermittedBytes;
    return stream instanceof FileOutputStream || isRefused ? bytes : bytes.slice();
  }
}

/** Returns the methods of input-stream as core functions; `subscribe` needs no memory, and jco's glue does it. */
export function lowerInputStream(resources: Resources): Record<string, Factory> {
  const lowered =
    (make: (call: StreamCall<InputStream>) => Lowered): Factory =>
    (context) =>
      make(new StreamCall(resources, context, HostInputStream));
  const method = (name: "read" | "blockingRead") =>
    lowered(
      (call) => (self: number, length: bigint, result: number) =>
        call.bytes(result, () =>
          call.stream(self)[name](BigInt.asUintN(64, length), call.memory.give),
        ),
    );
  const skipper = (name: "skip" | "blockingSkip") =>
    lowered(
      (call) => (self: number, length: bigint, result: number) =>
        call.count(result, () => call.stream(self)[name](BigInt.asUintN(64, length))),
    );
  return {
    read: method("read"),
    blockingRead: method("blockingRead"),
    skip: skipper("skip"),
    blockingSkip: skipper("blockingSkip"),
  };
}

/** Returns the methods of output-stream as core functions. */
export function lowerOutputStream(resources: Resources): Record<string, Factory> {
  const lowered =
    (make: (call: StreamCall<OutputStream>) => Lowered): Factory =>
    (context) =>
      make(new StreamCall(resources, context, HostOutputStream));
  const writer = (name: "write" | "blockingWriteAndFlush") =>
    lowered(
      (call) => (self: number, pointer: number, length: number, result: number) =>
        call.unit(result, () => {
          const stream = call.stream(self);
          stream[name](call.given(stream, pointer, length));
        }),
    );
  const flusher = (name: "flush" | "blockingFlush") =>
    lowered(
      (call) => (self: number, result: number) =>
        call.unit(result, () => call.stream(self)[name]()),
    );
  const zeroer = (name: "writeZeroes" | "blockingWriteZeroesAndFlush") =>
    lowered(
      (call) => (self: number, length: bigint, result: number) =>
        call.unit(result, () => call.stream(self)[name](BigInt.asUintN(64, length))),
    );
  const splicer = (name: "splice" | "blockingSplice") =>
    lowered(
      (call) => (self: number, source: number, length: bigint, result: number) =>
        call.count(result, () => {
          const stream = call.stream(self);
          return stream[name](call.source(source), BigInt.asUintN(64, length));
        }),
    );
  return {
    checkWrite: lowered(
      (call) => (self: number, result: number) =>
        call.count(result, () => call.stream(self).checkWrite()),
    ),
    write: writer("write"),
    blockingWriteAndFlush: writer("blockingWriteAndFlush"),
    flush: flusher("flush"),
    blockingFlush: flusher("blockingFlush"),
    writeZeroes: zeroer("writeZeroes"),
    blockingWriteZeroesAndFlush: zeroer("blockingWriteZeroesAndFlush"),
    splice: splicer("splice"),
    blockingSplice: splicer("blockingSplice"),
  };
}

/** Returns filesystem-error-code as a core function: option<error-code>. */
export function lowerErrorCode(resources: Resources): Factory {
  return (context) => {
    const memory = new GuestMemory(context);
    const tables = context.resourceTables ?? [];
    return (error: number, result: number) => {
      const table = resources.tableOf(tables, error, HostError);
      const code = filesystemErrorCode(resources.lift(table, error, HostError));
      memory.setUint8(result, code === undefined ? 0 : 1);
      if (code !== undefined) memory.setUint8(result + 1, errorNumber(code));
    };
  };
}

function streamErrorOf(thrown: unknown): "closed" | object | undefined {
  if (typeof thrown !== "object" || thrown === null || !("tag" in thrown)) return undefined;
  if (thrown.tag === "closed") return "closed";
  if (thrown.tag !== "last-operation-failed" || !("val" in thrown)) return undefined;
  return typeof thrown.val === "object" && thrown.val !== null ? thrown.val : undefined;
}
