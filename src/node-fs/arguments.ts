import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { type SystemCode, SystemError, argumentError } from "./error.ts";

/**
 * Returns the text of a path as `node:fs` takes it: text, bytes or a URL. It begins at the root of the journal's
 * filesystem, with or without "/". Throws what `node:fs` throws where it is none.
 */
export function pathOf(path: unknown, name = "path"): string {
  const text =
    path instanceof URL
      ? fileURLToPath(path)
      : path instanceof Uint8Array
        ? Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString()
        : path;
  if (typeof text !== "string")
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `The "${name}" argument must be of type string or an instance of Buffer or URL. Received ${received(path)}`,
    );
  if (text.includes("\0"))
    throw argumentError(
      "ERR_INVALID_ARG_VALUE",
      `The argument '${name}' must be a string, Uint8Array, or URL without null bytes. Received ${inspect(text)}`,
    );
  return text;
}

/** Throws what Node.js throws for a symlink's type that is none; here it makes no difference, as on Linux. */
export function requireLinkType(type: unknown): void {
  if (type === undefined || type === null) return;
  if (typeof type === "string" && ["dir", "file", "junction"].includes(type)) return;
  throw argumentError(
    "ERR_INVALID_ARG_VALUE",
    `The argument 'type' must be one of: 'dir', 'file', 'junction', null, undefined. Received ${inspect(type)}`,
  );
}

/** Returns the bytes of what is to be written; text in its encoding. */
export function bytesOf(data: unknown, encoding: BufferEncoding = "utf8"): Uint8Array {
  if (typeof data === "string") return Buffer.from(data, encoding);
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw argumentError(
    "ERR_INVALID_ARG_TYPE",
    `The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received ${received(data)}`,
  );
}

/** The options of a call that takes an encoding alone, or an object with it. */
export function optionsOf<T extends object>(options: unknown): Partial<T> & EncodingOption {
  if (options === undefined || options === null || typeof options === "function") return none<T>();
  if (typeof options === "string") return { ...none<T>(), encoding: encodingOf(options) };
  if (typeof options === "object") {
    const { encoding } = options as { readonly encoding?: unknown };
    if (typeof encoding === "string") encodingOf(encoding);
    return options as Partial<T> & EncodingOption;
  }
  throw argumentError(
    "ERR_INVALID_ARG_TYPE",
    `The "options" argument must be one of type string or object. Received ${received(options)}`,
  );
}

/** Returns an encoding that Node.js has, or "buffer". */
function encodingOf(text: string): BufferEncoding {
  if (text === "buffer" || text === "" || Buffer.isEncoding(text)) return text as BufferEncoding;
  throw argumentError(
    "ERR_INVALID_ARG_VALUE",
    `The argument 'encoding' is invalid encoding. Received ${inspect(text)}`,
  );
}

/** Requires a switch to be a boolean. */
export function requireSwitch(value: unknown, name: string): void {
  if (typeof value === "boolean") return;
  throw argumentError(
    "ERR_INVALID_ARG_TYPE",
    `The "${name}" ${name.includes(".") ? "property" : "argument"} must be of type boolean. Received ${received(value)}`,
  );
}

/** Returns the number of a user or group; -1 leaves it as it is. */
export function ownerOf(value: unknown, name: "uid" | "gid"): number {
  if (value === -1) return -1;
  return wholeNumber(value, name, 2 ** 32 - 1, -1);
}

/** The options of a call that takes an object alone, whose switches are booleans. */
export function switchesOf<T extends object>(options: unknown, switches: readonly string[]): T {
  if (typeof options !== "object" || options === null)
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `The "options" argument must be of type object. Received ${received(options)}`,
    );
  for (const [name, value] of Object.entries(options))
    if (switches.includes(name) && value !== undefined && typeof value !== "boolean")
      throw argumentError(
        "ERR_INVALID_ARG_TYPE",
        `The "options.${name}" property must be of type boolean. Received ${received(value)}`,
      );
  return options as T;
}

/** Says what was given, as Node.js does. */
export function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") return `an instance of ${value.constructor?.name ?? "Object"}`;
  if (typeof value === "function") return `function ${value.name}`;
  return `type ${typeof value} (${inspect(value)})`;
}

/** The option of almost every call that gives or takes text. */
export interface EncodingOption {
  readonly encoding?: BufferEncoding | "buffer" | null;
}

function none<T extends object>(): Partial<T> & EncodingOption {
  return {};
}

/** Returns a name or target in the encoding that was asked for. */
export function inEncoding(text: string, { encoding }: EncodingOption): string | Buffer {
  if (encoding === "buffer") return Buffer.from(text);
  if (encoding === undefined || encoding === null || /^utf-?8$/i.test(encoding)) return text;
  return Buffer.from(text).toString(encoding);
}

/** Returns a mode as a number: octal digits may be given as text. */
export function modeOf(mode: unknown): number | undefined {
  if (mode === undefined || mode === null) return undefined;
  if (typeof mode === "number") return wholeNumber(mode, "mode", 2 ** 32 - 1) & 0o7777;
  if (typeof mode === "string" && /^[0-7]+$/.test(mode)) return Number.parseInt(mode, 8) & 0o7777;
  if (typeof mode !== "string")
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `The "mode" argument must be of type number. Received ${received(mode)}`,
    );
  throw argumentError(
    "ERR_INVALID_ARG_VALUE",
    `The argument 'mode' must be a 32-bit unsigned integer or an octal string. Received ${inspect(mode)}`,
  );
}

/** Returns nanoseconds since the epoch of a time that `node:fs` takes: seconds, digits, or a Date. */
export function timeOf(time: unknown, syscall: string, path?: string): bigint {
  const seconds =
    time instanceof Date ? time.getTime() / 1_000 : typeof time === "bigint" ? time : Number(time);
  if (typeof seconds === "bigint") return timeIn(seconds * 1_000_000_000n, syscall, path);
  if (
    (typeof time !== "number" && typeof time !== "string" && !(time instanceof Date)) ||
    !Number.isFinite(seconds)
  )
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `The "time" argument must be of type number or string or an instance of Date. Received ${inspect(time)}`,
    );
  // A double has microseconds only: what is less would be noise.
  return timeIn(BigInt(Math.round(seconds * 1e6)) * 1_000n, syscall, path);
}

/** A journal has times from 1970 on. */
function timeIn(time: bigint, syscall: string, path?: string): bigint {
  if (time < 0n || time >= 2n ** 64n) throw new SystemError("EINVAL", syscall, path);
  return time;
}

/** Returns a whole number that a call takes as a position or length. */
export function wholeNumber(
  value: unknown,
  name: string,
  most = Number.MAX_SAFE_INTEGER,
  least = 0,
): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number")
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `The "${name}" argument must be of type number. Received ${received(value)}`,
    );
  const wanted = Number.isInteger(number) ? `>= ${least} && <= ${most}` : "an integer";
  if (!Number.isInteger(number) || number < least || number > most)
    throw argumentError(
      "ERR_OUT_OF_RANGE",
      `The value of "${name}" is out of range. It must be ${wanted}. Received ${inspect(value)}`,
    );
  return number;
}

/** Returns the length that a file is cut to: none, or less than none, is nothing. */
export function lengthOf(value: unknown): number {
  const length = value ?? 0;
  return wholeNumber(typeof length === "number" && length < 0 ? 0 : length, "len");
}

/** Throws an error of the system. */
export function refuse(code: SystemCode, syscall: string, path?: string, dest?: string): never {
  throw new SystemError(code, syscall, path, dest);
}
