import type { FsCode } from "../../fs/index.ts";

/** Reports a preopen whose directory is missing, or is no directory. */
export class PreopenError extends Error {
  override readonly name = "PreopenError";
  readonly code: FsCode;
  /** Tells what the user can do next. */
  readonly hint: string;

  constructor(code: FsCode, path: string, directory: string) {
    super(`Cannot preopen ${directory} as ${path}: ${reason(code)}.`);
    this.code = code;
    this.hint = "make the directory first, or import one there";
  }
}

function reason(code: FsCode): string {
  if (code === "no-entry") return "there is no such directory in the filesystem";
  if (code === "not-directory") return "it is no directory";
  return code;
}
