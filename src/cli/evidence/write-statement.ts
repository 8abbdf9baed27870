import type { KeyObject } from "node:crypto";
import { lstatSync } from "node:fs";

import { type Run, type Signature, filesOf, resolvePath } from "../../../journal/index.ts";
import { writeWholeFile } from "../../host/index.ts";
import { counted, line, printable } from "../../text/index.ts";
import { requirePath } from "../asking/moment.ts";
import { withHistory } from "../asking/reading.ts";
import type { Context } from "../command/context.ts";
import { UsageError } from "../command/failure.ts";
import { signedEnvelope } from "./envelope.ts";
import { runStatement } from "./statement.ts";

/** Throws UsageError for a place that no statement can be written to; call it before anything is done. */
export function requireFree({ journal }: Context, file: string): void {
  requirePath(file, "the statement to write", "for example run.intoto.json");
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined)
    throw new UsageError(`${file} is there already`, "give another name, or remove it");
  if (filesOf(resolvePath(journal)).includes(resolvePath(file)))
    throw new UsageError(`${file} belongs to the journal`, "give the statement another name");
}

/** Writes a signed statement about a run to a file, and says so on stderr. */
export function writeStatement(
  context: Context,
  file: string,
  about: {
    readonly key: KeyObject;
    readonly head: Signature;
    /** Chooses among the journal's runs. */
    readonly run: (runs: readonly Run[]) => Run;
  },
): Promise<void> {
  return withHistory(context, (history) => {
    const run = about.run(history.journal.runs());
    const { statement, leftOut } = runStatement(history, run, about.head);
    const bytes = new TextEncoder().encode(signedEnvelope(statement, about.key));
    writeWholeFile(file, bytes, { over: false });
    context.talk.line(line`wrote ${printable(file)}: a signed statement about run ${run.run}`);
    if (leftOut > 0)
      context.talk.line(line`left out of it: ${counted(leftOut, "file")}, as there are very many`);
  });
}
