import type { RunNumber } from "../../../journal/index.ts";

/** Why a restore, undo, redo or mark cannot be done. */
export type RestoreCode =
  | "no-path"
  | "blocked"
  | "conflict"
  | "nothing-to-undo"
  | "no-run"
  | "stopped"
  | "bad-name";

/** Something that stands in the way of a restore, an undo or a redo. */
export interface Conflict {
  readonly path: string;
  readonly reason: string;
  /** The later runs that touched it. */
  readonly runs: readonly RunNumber[];
}

/** A restore, undo, redo or mark that cannot be done; nothing was changed, except where the code is "stopped". */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
  readonly code: RestoreCode;
  readonly hint: string | undefined;
  readonly conflicts: readonly Conflict[];

  constructor(
    code: RestoreCode,
    message: string,
    options: { hint?: string | undefined; conflicts?: readonly Conflict[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.conflicts = options.conflicts ?? [];
  }
}
