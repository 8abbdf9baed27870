/** The codes of wasi:filesystem/types.error-code that this filesystem gives. */
export type FsCode =
  | "bad-descriptor"
  | "exist"
  | "file-too-large"
  | "insufficient-memory"
  | "insufficient-space"
  | "invalid"
  | "io"
  | "is-directory"
  | "loop"
  | "name-too-long"
  | "no-entry"
  | "not-directory"
  | "not-empty"
  | "not-permitted"
  | "overflow"
  | "quota"
  | "too-many-links"
  | "unsupported";

/** A refusal that the guest hears of. Anything else that is thrown is a bug of ours or the journal's end. */
export class FsError extends Error {
  override readonly name = "FsError";
  readonly code: FsCode;
  readonly path: string;
  /** The limit that was hit, where one was. */
  readonly limit: string | undefined;

  constructor(code: FsCode, path: string, limit?: string) {
    // Programs look for what is not there all the time, and nobody reads this stack, which is most of what one costs.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(limit === undefined ? `${code}: ${path}` : `${code}: ${path} (limit ${limit})`);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.path = path;
    this.limit = limit;
  }
}

/** An event that cannot have happened in the state it was to be applied to: the journal that holds both is damaged. */
export class MisfitError extends Error {
  override readonly name = "MisfitError";
  readonly hint =
    "`rewindfs verify` tells what is damaged and what is whole; where there is a copy, restore it.";

  /** What does not fit. */
  readonly reason: string;

  constructor(reason: string) {
    super(`The journal tells of what cannot have happened: ${reason}`);
    this.reason = reason;
  }
}
