import type { Wasi } from "../../../src/wasi/index.ts";

/** Result of a host call for its guest: a value, or the error case. */
export type Outcome = { readonly ok: unknown } | { readonly error: string };

type Codes = Pick<Wasi["types"], "filesystemErrorCode">;

/** Makes a call as jco's glue does: a thrown value that is no Error is the error case. */
export function outcomeOf(call: () => unknown, { filesystemErrorCode }: Codes): Outcome {
  try {
    return { ok: call() };
  } catch (thrown) {
    if (typeof thrown === "string") return { error: thrown };
    if (typeof thrown === "object" && thrown !== null && "tag" in thrown) {
      if (thrown.tag === "closed") return { error: "closed" };
      if ("val" in thrown && typeof thrown.val === "object" && thrown.val !== null)
        return {
          error: `${String(thrown.tag)}: ${filesystemErrorCode(thrown.val as Parameters<Codes["filesystemErrorCode"]>[0])}`,
        };
    }
    throw thrown;
  }
}

/** Returns the code that a call is refused with, or "ok". */
export function codeOf(call: () => unknown): string {
  try {
    call();
    return "ok";
  } catch (thrown) {
    if (typeof thrown === "string") return thrown;
    throw thrown;
  }
}
