import type { HeadAnswer } from "../../protocol/protocol.ts";

/** A request that is not carried out: `status` is that of HTTP. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: number;
  readonly hint: string | undefined;
  /** The depot's head, for a sender whose pack does not follow on it. */
  readonly known: HeadAnswer | undefined;

  constructor(
    status: number,
    message: string,
    { hint, known }: { hint?: string; known?: HeadAnswer } = {},
  ) {
    super(message);
    this.status = status;
    this.hint = hint;
    this.known = known;
  }
}
