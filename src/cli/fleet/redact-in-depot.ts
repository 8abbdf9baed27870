import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Journal, openReader } from "../../../journal/index.ts";
import type { RedactionPlan } from "../../history/index.ts";
import { counted, describeBytes, line, printable, words } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { exits } from "../command/failure.ts";
import { openProgress, percent } from "../command/progress.ts";
import { depotOf } from "./depot-options.ts";
import { placeIn } from "./remote.ts";

/** Most spans that are sent with one request. */
const mostTogether = 10_000;

/**
 * Removes bytes from a journal in a depot: plans it on a copy, which is not kept, and has the depot remove those spans.
 * Returns the exit code. Throws DepotError, and what `choose` throws.
 */
export async function redactInDepot(
  context: Context,
  { dryRun, tokenFile }: { readonly dryRun?: true; readonly tokenFile?: string },
  choose: (journal: Journal) => RedactionPlan,
  tell: (plan: RedactionPlan, journal: Journal) => void,
): Promise<number> {
  const { url, id } = placeIn(context.journal);
  using progress = openProgress(context);
  const depot = await depotOf(
    context,
    { depot: url, ...(tokenFile === undefined ? {} : { tokenFile }) },
    { progress },
  );
  // A refusal comes before anything is fetched, and shown as if it went.
  if (dryRun !== true) await depot.redact(id, []);
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-redact-"));
  try {
    const copy = join(folder, "copy.db");
    const { pull } = await import("../../fleet/client/index.ts");
    await pull(depot, id, copy, (last, head) => progress.show(() => percent(last, head)));
    const journal = openReader(copy);
    let plan: RedactionPlan;
    try {
      plan = choose(journal);
      progress[Symbol.dispose]();
      tell(plan, journal);
    } finally {
      journal.close();
    }
    if (dryRun === true) {
      context.talk.line(words("nothing was removed"));
      return exits.done;
    }
    let [spans, bytes] = [0, 0];
    for (let at = 0; at < plan.spans.length; at += mostTogether) {
      const removed = await depot.redact(id, plan.spans.slice(at, at + mostTogether));
      [spans, bytes] = [spans + removed.spans, bytes + removed.bytes];
    }
    context.talk.line(
      spans === 0
        ? words("nothing was left to remove")
        : line`${describeBytes(bytes)} of ${counted(spans, "write")} removed for good from ${printable(depot.url)}`,
    );
    context.talk.line(
      words(
        "Hint: the machine that recorded it still has them; rewindfs redact removes them there",
      ),
    );
    return exits.done;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
