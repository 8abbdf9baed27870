import type { FsCode } from "../../fs/index.ts";
import { HostError } from "../calls/io.ts";

/** Cases of wasi:io/streams.stream-error as jco takes them from a host: thrown, and not instances of Error. */
export type StreamError =
  | { readonly tag: "closed" }
  | { readonly tag: "last-operation-failed"; readonly val: object };

export const closed: StreamError = { tag: "closed" };

/** The failure of a file's stream, as wasi:io/error has it. */
class FileStreamError extends HostError {
  readonly code: FsCode;

  constructor(code: FsCode) {
    super(code);
    this.code = code;
  }
}

export function lastOperationFailed(code: FsCode): StreamError {
  return { tag: "last-operation-failed", val: new FileStreamError(code) };
}

/** wasi:filesystem/types, filesystem-error-code: undefined for errors of other streams than files'. */
export function filesystemErrorCode(error: object): FsCode | undefined {
  return error instanceof FileStreamError ? error.code : undefined;
}
