import { type Aside, aside } from "./aside.ts";
import type { Verdict, VerifyOptions } from "./verify.ts";

/** Verifies a journal's file in a thread of its own, as `verify` does. */
export function verifyAside(file: string, { head }: Pick<VerifyOptions, "head">): Aside<Verdict> {
  return aside(import.meta.url, "verify-thread", { file, head });
}
