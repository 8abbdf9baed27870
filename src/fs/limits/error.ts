/** The codes of wasi:filesystem/types.error-code that this filesystem uses. */
export type FsCode =
  | "access"
  | "bad-descriptor"
  | "exist"
  | "file-too-large"
  | "illegal-byte-sequence"
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
  | "read-only"
  | "too-many-links"
  | "unsupported";

/** Refuses a guest's call. Any other exception is a bug of ours, or the end of the journal. */
export class FsError extends Error {
  override readonly name = "FsError";
  readonly code: FsCode;
  readonly path: string;
  /** The limit that was reached, if any. */
  readonly limit: string | undefined;
  /** Tells who refused: the filesystem itself, or a rule, whose decision is recorded already. */
  readonly refusedBy: "filesystem" | "rule";

  constructor(
    code: FsCode,
    path: string,
    limit?: string,
    refusedBy: "filesystem" | "rule" = "filesystem",
  ) {
    // Programs often look for missing files. Nobody reads this stack, and making it is most of the cost.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(limit === undefined ? `${code}: ${path}` : `${code}: ${path} (limit ${limit})`);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.path = path;
    this.limit = limit;
    this.refusedBy = refusedBy;
  }
}

/** Reports an event that is impossible in the current state: the journal that holds both is damaged. */
export class MisfitError extends Error {
  override readonly name = "MisfitError";
  readonly hint =
    "`rewindfs verify` tells what is damaged and what is whole; where there is a copy, restore it.";

  /** Says what does not fit. */
  readonly reason: string;

  constructor(reason: string) {
    super(`The journal holds an impossible event or state: ${reason}`);
    this.reason = reason;
  }
}
