import type { RunNumber } from "../../../journal/index.ts";

/** Names the reason why a restore, undo, redo or mark is impossible. */
export type RestoreCode =
  | "no-path"
  | "blocked"
  | "conflict"
  | "nothing-to-undo"
  | "no-run"
  | "stopped"
  | "bad-name";

/** A path that a restore, undo or redo cannot change because of later runs. */
export interface Conflict {
  readonly path: string;
  readonly reason: string;
  /** The later runs that touched it. */
  readonly runs: readonly RunNumber[];
}

/** Reports a restore, undo, redo or mark that is impossible. Nothing was changed, unless the code is "stopped". */
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
