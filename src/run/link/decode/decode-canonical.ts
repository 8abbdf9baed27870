import { unservedNames } from "../../component/canonicals.ts";
import type { Cursor } from "../../wasm/sections.ts";
import type { Canonical, ChannelKind, Options } from "./code.ts";
import { UnservedError, readResult } from "./decode-types.ts";

/** Reads a canonical definition: component model, Binary.md. Throws UnservedError for one that is not served. */
export function readCanonical(cursor: Cursor): Canonical {
  const kind = cursor.byte();
  switch (kind) {
    case 0x00: {
      readFormOfFunction(cursor);
      const core = cursor.count();
      const options = readOptions(cursor);
      return { kind: "lift", core, options, type: cursor.count() };
    }
    case 0x01:
      readFormOfFunction(cursor);
      return { kind: "lower", function: cursor.count(), options: readOptions(cursor) };
    case 0x02:
      return { kind: "resource.new", type: cursor.count() };
    case 0x03:
      return { kind: "resource.drop", type: cursor.count() };
    case 0x04:
      return { kind: "resource.rep", type: cursor.count() };
    case 0x05:
      return { kind: "task.cancel" };
    case 0x06:
      return { kind: "subtask.cancel", isAsync: readFlag(cursor) };
    case 0x08:
      return { kind: "backpressure.set" };
    case 0x09: {
      const result = readResult(cursor);
      return { kind: "task.return", result, options: readOptions(cursor) };
    }
    case 0x0a:
    case 0x0b: {
      if (cursor.byte() !== 0x7f) throw new UnservedError("a context of 64 bits");
      return { kind: kind === 0x0a ? "context.get" : "context.set", slot: cursor.count() };
    }
    case 0x0c:
      readFlag(cursor);
      return { kind: "thread.yield" };
    case 0x0d:
      return { kind: "subtask.drop" };
    case 0x1c:
      return { kind: "error-context.new", options: readOptions(cursor) };
    case 0x1d:
      return { kind: "error-context.debug-message", options: readOptions(cursor) };
    case 0x1e:
      return { kind: "error-context.drop" };
    case 0x1f:
      return { kind: "waitable-set.new" };
    case 0x20:
    case 0x21:
      readFlag(cursor);
      return {
        kind: kind === 0x20 ? "waitable-set.wait" : "waitable-set.poll",
        memory: cursor.count(),
      };
    case 0x22:
      return { kind: "waitable-set.drop" };
    case 0x23:
      return { kind: "waitable.join" };
    case 0x24:
      return { kind: "backpressure.inc" };
    case 0x25:
      return { kind: "backpressure.dec" };
    default:
      if (kind >= firstOfStreams && kind <= lastOfFutures) return readChannel(cursor, kind);
      throw new UnservedError(unservedNames.get(kind) ?? `the unknown built-in function ${kind}`);
  }
}

const firstOfStreams = 0x0e;
const firstOfFutures = 0x15;
const lastOfFutures = 0x1b;

function readChannel(cursor: Cursor, kind: number): Canonical {
  const channel: ChannelKind = kind < firstOfFutures ? "stream" : "future";
  const type = cursor.count();
  switch (kind - (channel === "stream" ? firstOfStreams : firstOfFutures)) {
    case 0:
      return { kind: "channel.new", channel, type };
    case 1:
      return { kind: "channel.read", channel, type, options: readOptions(cursor) };
    case 2:
      return { kind: "channel.write", channel, type, options: readOptions(cursor) };
    case 3:
      return { kind: "channel.cancel-read", channel, type, isAsync: readFlag(cursor) };
    case 4:
      return { kind: "channel.cancel-write", channel, type, isAsync: readFlag(cursor) };
    case 5:
      return { kind: "channel.drop-readable", channel, type };
    default:
      return { kind: "channel.drop-writable", channel, type };
  }
}

function readOptions(cursor: Cursor): Options {
  let options: Options = {
    encoding: "utf8",
    memory: undefined,
    realloc: undefined,
    postReturn: undefined,
    callback: undefined,
    isAsync: false,
  };
  for (let left = cursor.count(); left > 0; left -= 1) {
    const option = cursor.byte();
    options = { ...options, ...readOption(cursor, option) };
  }
  return options;
}

function readOption(cursor: Cursor, option: number): Partial<Options> {
  switch (option) {
    case 0x00:
      return { encoding: "utf8" };
    case 0x01:
      return { encoding: "utf16" };
    case 0x02:
      return { encoding: "latin1+utf16" };
    case 0x03:
      return { memory: cursor.count() };
    case 0x04:
      return { realloc: cursor.count() };
    case 0x05:
      return { postReturn: cursor.count() };
    case 0x06:
      return { isAsync: true };
    case 0x07:
      return { callback: cursor.count() };
    default:
      throw new UnservedError(`the unknown option ${option} of a function`);
  }
}

function readFormOfFunction(cursor: Cursor): void {
  if (cursor.byte() !== 0) throw new RangeError("a canonical function has no known form");
}

function readFlag(cursor: Cursor): boolean {
  const flag = cursor.byte();
  if (flag > 1) throw new RangeError("a canonical function has no known form");
  return flag === 1;
}
