import { dirname, resolve } from "node:path";

/** Why something cannot be done on this machine. */
export type HostCode =
  | "missing"
  | "exists"
  | "not-directory"
  | "not-empty"
  | "denied"
  | "limit"
  | "conflict"
  | "bad-path"
  | "never-imported"
  | "command"
  | "stopped"
  | "io";

/** A problem on the host that stops an import, export or apply. `hint` says what the user can do next. */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: HostCode;
  /** The host's path, as people know it. */
  readonly path: string;
  readonly hint: string | undefined;
  /** Paths that stand in the way, if the code is "conflict". */
  readonly conflicts: readonly Skip[];

  constructor(
    code: HostCode,
    path: string,
    message: string,
    options: { hint?: string; conflicts?: readonly Skip[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.path = path;
    this.hint = options.hint;
    this.conflicts = options.conflicts ?? [];
  }
}

/** A path that was left out, and why. */
export interface Skip {
  readonly path: string;
  /** Target, if it is a symlink. */
  readonly target?: string;
  readonly reason: string;
  /** Set if an option would include it: it is git's own, and nothing prevents taking it. */
  readonly own?: "git";
}

/** Why a file whose bytes were only promised is left out. */
export const neverRead =
  "its bytes were never read, and the folder that they came from no longer has them as they were";

/** Returns the errno name of an error that the operating system gave; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "not permitted"],
  ["ENOENT", "vanished"],
  ["ELOOP", "became a symlink"],
  ["ENOTDIR", "is no directory any more"],
  ["EEXIST", "this host holds that name for something else"],
  ["ENAMETOOLONG", "the name is too long for this host"],
  ["EINVAL", "this host cannot hold such a name"],
  ["EILSEQ", "this host cannot hold such a name"],
  ["EFBIG", "the file is too large for this host"],
  ["EMLINK", "too many hard links for this host"],
  ["EIO", "it cannot be read"],
  ["ENOSPC", "no space left"],
  ["EDQUOT", "the quota is used up"],
  ["EROFS", "the file system is read-only"],
  ["EMFILE", "too many open files"],
  ["ENFILE", "too many open files"],
  ["ETXTBSY", "it is being executed"],
  ["EBUSY", "it is in use"],
]);

/** Returns an errno name in words. */
export function reasonOf(errno: string): string {
  return reasons.get(errno) ?? errno;
}

/**
 * Turns an error about a path that the user named, and that should exist, into a HostError; returns any other error
 * unchanged.
 */
export function sourceError(
  error: unknown,
  doing: string,
  path: string,
  expected: "directory" | "file or directory",
): unknown {
  const errno = errnoOf(error);
  if (errno !== "ENOENT" && errno !== "ENOTDIR") return hostError(error, doing, path);
  const [code, problem] =
    errno === "ENOENT"
      ? (["missing", `there is no such ${expected}`] as const)
      : (["not-directory", "it is no directory, or leads through a file"] as const);
  return new HostError(code, path, `cannot ${doing} ${path}: ${problem}`, {
    hint: "a relative path begins in the working directory",
    cause: error,
  });
}

/**
 * Turns an error about a path that the user named for a new entry into a HostError; returns any other error unchanged.
 */
export function targetError(error: unknown, doing: string, path: string): unknown {
  return errnoOf(error) === "ENOENT" ? noParent(doing, path, error) : hostError(error, doing, path);
}

/** Returns the HostError about a path that cannot be made because its directory is missing. */
export function noParent(doing: string, path: string, cause?: unknown): HostError {
  const parent = dirname(resolve(path));
  return new HostError("missing", path, `cannot ${doing} ${path}: there is no ${parent}`, {
    hint: "make that directory first, or give another path",
    cause,
  });
}

/** Turns an error of the operating system into a HostError about `path`; returns any other error unchanged. */
export function hostError(error: unknown, doing: string, path: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const code =
    errno === "ENOENT"
      ? "missing"
      : errno === "EACCES" || errno === "EPERM"
        ? "denied"
        : errno === "ENOTDIR"
          ? "not-directory"
          : "io";
  return new HostError(code, path, `cannot ${doing} ${path}: ${reasonOf(errno)}`, { cause: error });
}
