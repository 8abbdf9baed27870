import * as node from "node:fs";
import { promisify } from "node:util";
import { Directory } from "./directory.ts";
import { argumentError, requireWaiting } from "./error.ts";
import { FileHandle, type Streams, isPieces, writeAll } from "./file-handle.ts";
import { optionsOf, pathOf } from "./arguments.ts";
import { requireMemory } from "./file-calls.ts";
import { TreeCalls, copyOptionsOf } from "./tree-calls.ts";
import type { Volume } from "./volume.ts";
import { StatWatchers } from "./stat-watching.ts";
import { Watcher, watchEvents } from "./watching.ts";

/** The calls that `node:fs` has in three forms, of which the promises' lacks those on descriptors. */
const pathNames = [
  "access",
  "appendFile",
  "chmod",
  "chown",
  "copyFile",
  "cp",
  "glob",
  "lchown",
  "link",
  "lstat",
  "lutimes",
  "mkdir",
  "mkdtemp",
  "opendir",
  "readFile",
  "readdir",
  "readlink",
  "realpath",
  "rename",
  "rm",
  "rmdir",
  "stat",
  "statfs",
  "symlink",
  "truncate",
  "unlink",
  "utimes",
  "writeFile",
] as const;
const descriptorNames = [
  "close",
  "fchmod",
  "fchown",
  "fdatasync",
  "fstat",
  "fsync",
  "ftruncate",
  "futimes",
  "open",
  "read",
  "readv",
  "write",
  "writev",
] as const;

type PathName = (typeof pathNames)[number];
type DescriptorName = (typeof descriptorNames)[number];
type Synchronous<Name extends string> = `${Name}Sync`;

/** `fs.promises` of a journal's filesystem. */
export type JournalFsPromises = Pick<
  typeof node.promises,
  PathName | "open" | "watch" | "constants" | "mkdtempDisposable"
>;

/** `node:fs` of a journal's filesystem: what means something there, as Node.js has it. */
export type JournalFs = Pick<
  typeof node,
  | PathName
  | DescriptorName
  | Synchronous<PathName | DescriptorName | "exists">
  | "exists"
  | "createReadStream"
  | "createWriteStream"
  | "unwatchFile"
  | "watch"
  | "watchFile"
  | "constants"
  | "Dirent"
  | "ReadStream"
  | "Stats"
  | "WriteStream"
  | "mkdtempDisposableSync"
> & { readonly promises: JournalFsPromises };

type Call = (...given: unknown[]) => unknown;

/** Makes the three forms of all calls on a volume. */
export function facesOf(volume: Volume): JournalFs {
  const calls = new TreeCalls(volume);
  const face: Record<string, unknown> = { constants: node.constants };
  const promises: Record<string, unknown> = { constants: node.constants };
  for (const name of [...pathNames, ...descriptorNames]) {
    const call = callOf(calls, name);
    face[`${name}Sync`] = call;
    face[name] = withCallback(name, call);
  }
  for (const name of pathNames) promises[name] = withPromise(callOf(calls, name));
  // libuv gives what it read along with how much.
  for (const name of ["read", "readv", "write", "writev"] as const)
    face[name] = withBuffer(name, callOf(calls, name));
  face["existsSync"] = (path: unknown) => calls.exists(path);
  face["exists"] = (path: unknown, ...rest: unknown[]) => {
    const callback = takeCallback(rest.slice(0, 1));
    process.nextTick(() => callback(calls.exists(path)));
  };
  Object.assign(face["exists"] as object, {
    [promisify.custom]: async (path: unknown) => calls.exists(path),
  });
  face["mkdtempDisposableSync"] = (prefix: unknown, options?: unknown) => {
    const path = calls.mkdtemp(prefix, options);
    const remove = () => calls.rm(path, { recursive: true, force: true });
    return { path, remove, [Symbol.dispose]: remove };
  };
  promises["mkdtempDisposable"] = async (prefix: unknown, options?: unknown) => {
    const path = calls.mkdtemp(prefix, options);
    const remove = async () => calls.rm(path, { recursive: true, force: true });
    return { path, remove, [Symbol.asyncDispose]: remove };
  };
  face["Dir"] = Directory;
  face["Dirent"] = node.Dirent;
  face["Stats"] = node.Stats;
  const native: Call = (...given) => calls.realpathNative(given[0], given[1]);
  Object.assign(face["realpath"] as object, { native: withCallback("realpath", native) });
  Object.assign(face["realpathSync"] as object, { native });

  const streams = streamsOn(face);
  for (const name of ["ReadStream", "WriteStream"] as const) {
    const make = node[`create${name}`];
    // Some call it as a function, and some with `new`, as Node.js allows.
    const stream = function stream(path: unknown, options?: unknown) {
      const { fd } = optionsOf<{ readonly fd: unknown }>(options);
      if (fd instanceof FileHandle) return fd[`create${name}`](options as object);
      return make(pathOfStream(path, options), onFace(face, options));
    };
    stream.prototype = node[name].prototype as object;
    face[`create${name}`] = stream;
    face[name] = stream;
  }
  face["watch"] = (path: unknown, ...rest: unknown[]) => {
    const listener = rest.find((one) => typeof one === "function") as (() => void) | undefined;
    return new Watcher(volume, path, rest[0], listener);
  };

  const watchers = new StatWatchers(calls, volume);
  face["watchFile"] = (...given: [unknown, ...unknown[]]) => watchers.watch(...given);
  face["unwatchFile"] = (path: unknown, listener?: unknown) => watchers.unwatch(path, listener);

  promises["cp"] = (...given: [unknown, unknown, unknown?]) => calls.copyAsked(...given);
  face["cp"] = (...given: unknown[]) => {
    const callback = takeCallback(given);
    const [src, dest, options] = given;
    copyOptionsOf(options);
    calls.copyAsked(src, dest, options).then(
      () => process.nextTick(callback, null),
      (error: unknown) => process.nextTick(callback, error),
    );
  };

  promises["open"] = async (...given: [unknown, unknown?, unknown?]) =>
    new FileHandle(calls, streams, calls.open(...given));
  promises["watch"] = (path: unknown, options?: unknown) => watchEvents(volume, path, options);
  promises["glob"] = async function* glob(pattern: unknown, options?: object) {
    yield* calls.glob(pattern, options);
  };
  for (const [name, usual] of [
    ["writeFile", "w"],
    ["appendFile", "a"],
  ] as const)
    promises[name] = (path: unknown, data: unknown, options?: unknown) =>
      writeWhole(calls, name, usual, path, data, options);
  promises["readFile"] = async (path: unknown, options?: unknown) => {
    requireWaiting(options);
    return calls.readFile(path instanceof FileHandle ? path.fd : path, options);
  };
  face["promises"] = promises;
  // The compiler cannot know that the loops above have made each of these names.
  return face as unknown as JournalFs;
}

function callOf(calls: TreeCalls, name: PathName | DescriptorName): Call {
  const call = calls[name] as Call;
  return (...given) => call.apply(calls, given);
}

/** The form whose last argument is called with the error, or with null and the result. */
function withCallback(name: string, call: Call): Call {
  return (...given) => {
    // Node.js closes without one, too.
    const isSilent = name === "close" && given.length === 1;
    const callback = isSilent ? throwIt : takeCallback(given);
    // A wrong argument is thrown at once, as Node.js does.
    const told = settled(stoppable.has(name) ? stopped(call) : call, given);
    process.nextTick(() => {
      if ("error" in told) callback(told.error);
      else if (told.result === undefined && name !== "mkdir") callback(null);
      else callback(null, told.result);
    });
  };
}

const stoppable: ReadonlySet<string> = new Set(["readFile", "writeFile", "appendFile"]);

/** A call that is not made where its last argument has a signal that has aborted. */
function stopped(call: Call): Call {
  return (...given) => {
    const options = given.at(-1);
    if (typeof options === "object" && !ArrayBuffer.isView(options)) requireWaiting(options);
    return call(...given);
  };
}

function throwIt(error: unknown): void {
  if (error !== null) throw error;
}

/** The same for calls that tell the number of bytes, and then the memory that was given. */
function withBuffer(name: string, call: Call): Call {
  const form: Call = (...given) => {
    const callback = takeCallback(given);
    if (name === "read" && !ArrayBuffer.isView(given[1])) {
      if (given[1] !== undefined && typeof given[1] !== "object") requireMemory(given[1]);
      const options = optionsOf<{ buffer: unknown }>(given[1]);
      given.splice(1, given.length, options.buffer ?? Buffer.alloc(16_384), options);
    }
    const told = settled(call, given);
    process.nextTick(() => {
      if ("error" in told) callback(told.error);
      else callback(null, told.result, given[1]);
    });
  };
  const key = name.startsWith("read") ? "bytesRead" : "bytesWritten";
  const second = name.endsWith("v") ? "buffers" : "buffer";
  // As `util.promisify` of Node.js' own gives it.
  const promised = async (...given: unknown[]) => ({ [key]: call(...given), [second]: given[1] });
  return Object.assign(form, { [Symbol.for("nodejs.util.promisify.custom")]: promised });
}

function withPromise(call: Call): Call {
  return async (...given) => call(...given);
}

type Callback = (error: unknown, ...results: unknown[]) => void;

function takeCallback(given: unknown[]): Callback {
  const at = given.findLastIndex((one) => one !== undefined);
  const callback = given[at];
  if (typeof callback !== "function")
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `The "cb" argument must be of type function. Received ${typeof callback}`,
    );
  given.length = at;
  return callback as Callback;
}

function settled(call: Call, given: unknown[]): { error: unknown } | { result: unknown } {
  try {
    return { result: call(...given) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (/^ERR_(INVALID_(ARG|URL|FILE_URL)|OUT_OF_RANGE)/.test(String(code))) throw error;
    return { error };
  }
}

async function writeWhole(
  calls: TreeCalls,
  name: "writeFile" | "appendFile",
  usual: string,
  path: unknown,
  data: unknown,
  options: unknown,
): Promise<void> {
  const given = optionsOf<{ flag: unknown; mode: unknown }>(options);
  requireWaiting(options);
  if (path instanceof FileHandle) return path.writeFile(data, options);
  if (!isPieces(data)) return calls[name](path, data, options);
  const fd = calls.open(path, given.flag ?? usual, given.mode);
  try {
    await writeAll(calls, fd, data, options);
  } finally {
    calls.close(fd);
  }
}

/** Returns the path of a stream; one on a descriptor needs none. */
function pathOfStream(path: unknown, options: unknown): string {
  const { fd } = optionsOf<{ readonly fd: unknown }>(options);
  const hasDescriptor = fd !== undefined && fd !== null;
  return hasDescriptor && (path === undefined || path === null) ? "" : pathOf(path);
}

function streamsOn(face: object): Streams {
  return {
    read: (fd, options) => node.createReadStream("", { ...onFace(face, options), fd }),
    write: (fd, options) => node.createWriteStream("", { ...onFace(face, options), fd }),
  };
}

/** Node.js' own streams work on any `fs` that they are given. */
function onFace(face: object, options: unknown): object {
  return { ...optionsOf(options), fs: face };
}
