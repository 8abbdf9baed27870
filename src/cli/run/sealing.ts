import type { KeyObject } from "node:crypto";

import { printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError } from "../command/failure.ts";

/** Signs and prints the head that imports left for a run that did not begin; does nothing if they left none. */
export async function seal(
  context: Context,
  { key, quiet }: { readonly key: KeyObject | undefined; readonly quiet: boolean },
): Promise<void> {
  const { withJournal } = await import("../asking/reading.ts");
  const { seq, digest } = await withJournal(context, (journal) => journal.digest());
  if (seq === 0) return;
  const signature = await signed(context, key);
  if (quiet) return;
  context.talk.line(printable(`head ${digest}`));
  tellSignature(context, signature);
}

/** Throws UsageError for a statement that nothing signs, or that has no place. */
export async function requireStatement(
  context: Context,
  { sign, statement }: { readonly sign?: string; readonly statement?: string },
): Promise<void> {
  if (statement === undefined) return;
  if (sign === undefined)
    throw new UsageError("--statement wants a signature", "give --sign KEY.pem, too");
  (await import("../evidence/write-statement.ts")).requireFree(context, statement);
}

/** Signs the head with the key, if there is one. */
export async function signed({ journal }: Context, key: KeyObject | undefined) {
  return key === undefined
    ? undefined
    : (await import("../../../journal/index.ts")).signHead(journal, key);
}

/** Prints a signature, if there is one. */
export function tellSignature(
  { talk }: Context,
  signature: Awaited<ReturnType<typeof signed>>,
): void {
  if (signature === undefined) return;
  const { seq, fingerprint } = signature;
  talk.line(printable(`signed up to event ${seq} by ${fingerprint}`));
}

/** Reads the key before the guest runs: a bad one must be reported before. */
export async function keyIn(file: string): Promise<KeyObject> {
  const [{ signingKey }, { keyText }] = await Promise.all([
    import("../../../journal/index.ts"),
    import("../command/key-file.ts"),
  ]);
  return signingKey(keyText("--sign", file), file);
}
