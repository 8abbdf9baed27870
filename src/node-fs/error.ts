import { constants } from "node:os";
import { getSystemErrorMessage, inspect } from "node:util";
import { type FsCode, FsError } from "../fs/index.ts";

/** A name that Node.js has for an error of the system: "ENOENT"… */
export type SystemCode = keyof typeof constants.errno;

/** The error of a call, as `node:fs` throws it: `code`, `errno`, `syscall`, `path` and, where there are two, `dest`. */
export class SystemError extends Error implements NodeJS.ErrnoException {
  readonly code: SystemCode;
  readonly errno: number;
  readonly syscall: string;
  declare readonly path?: string;
  declare readonly dest?: string;

  constructor(code: SystemCode, syscall: string, path?: string, dest?: string) {
    const errno = -constants.errno[code];
    const from = path === undefined ? "" : ` '${path}'`;
    const to = dest === undefined ? "" : ` -> '${dest}'`;
    super(`${code}: ${getSystemErrorMessage(errno)}, ${syscall}${from}${to}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    if (path !== undefined) this.path = path;
    if (dest !== undefined) this.dest = dest;
  }
}

const codes: Readonly<Record<FsCode, SystemCode>> = {
  access: "EACCES",
  "bad-descriptor": "EBADF",
  exist: "EEXIST",
  "file-too-large": "EFBIG",
  "illegal-byte-sequence": "EILSEQ",
  "insufficient-memory": "ENOMEM",
  "insufficient-space": "ENOSPC",
  invalid: "EINVAL",
  io: "EIO",
  "is-directory": "EISDIR",
  loop: "ELOOP",
  "name-too-long": "ENAMETOOLONG",
  "no-entry": "ENOENT",
  "not-directory": "ENOTDIR",
  "not-empty": "ENOTEMPTY",
  "not-permitted": "EPERM",
  overflow: "EOVERFLOW",
  quota: "EDQUOT",
  "read-only": "EROFS",
  "too-many-links": "EMLINK",
  unsupported: "ENOTSUP",
};

/** Does a call of the system; what the filesystem refuses becomes the error that `node:fs` would throw. */
export function asSystemCall<T>(syscall: string, path: string | undefined, act: () => T): T {
  return refusing(syscall, path, undefined, act);
}

/** The same for a call with two paths. */
export function refusing<T>(
  syscall: string,
  path: string | undefined,
  dest: string | undefined,
  act: () => T,
): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof FsError) throw new SystemError(codes[error.code], syscall, path, dest);
    throw error;
  }
}

/** Throws what Node.js throws if the signal of a call's options has aborted. */
export function requireWaiting(options: unknown): void {
  const { signal } = (options ?? {}) as { readonly signal?: AbortSignal | null };
  if (signal === undefined || signal === null) return;
  if (typeof signal !== "object" || !("aborted" in signal))
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `The "options.signal" property must be an instance of AbortSignal. Received ${inspect(signal)}`,
    );
  if (signal.aborted) throw abortError(signal);
}

/** Makes the error of what a signal has ended. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error("The operation was aborted", { cause: signal.reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}

/** Makes the error that Node.js throws where an argument is of a wrong type, or has a wrong value. */
export function argumentError(
  code: "ERR_INVALID_ARG_TYPE" | "ERR_INVALID_ARG_VALUE" | "ERR_OUT_OF_RANGE",
  message: string,
): Error {
  const error = code === "ERR_OUT_OF_RANGE" ? new RangeError(message) : new TypeError(message);
  return Object.assign(error, { code });
}
