import type { Seq } from "../../../journal/index.ts";
import type { PutBack, PutBackResult } from "../../attach/index.ts";
import type { History } from "../../history/index.ts";
import { printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { NoAnswerError, exits } from "../command/failure.ts";
import { printRestored } from "../text/planned-text.ts";
import { withHistory } from "./reading.ts";

/**
 * Has the program that writes the journal put something back, if one does, and prints what came of it. Returns undefined
 * if nobody writes it whom this user can ask. `orderIn` says what, and may throw as it does elsewhere.
 */
export async function putBackWhileRunning(
  context: Context,
  orderIn: (history: History) => PutBack,
): Promise<number | undefined> {
  const { isBeingWritten } = await import("../../../journal/index.ts");
  if (!isBeingWritten(context.journal)) return undefined;
  const { putBack } = await import("../../attach/index.ts");
  const order = await withHistory(context, orderIn);
  const result = await putBack(context.journal, order);
  if (result === undefined) return undefined;
  await tell(context, order, result);
  return exits.done;
}

async function tell(context: Context, order: PutBack, result: PutBackResult): Promise<void> {
  const { talk } = context;
  switch (result.kind) {
    case "refused":
      throw new NoAnswerError(result.message, result.hint);
    case "nothing":
      return talk.line(printable("nothing to do: it is like that already"));
    case "done": {
      const { first, last, seen } = result;
      const paths = "paths" in order && order.paths !== undefined ? order.paths : [];
      const back = ["rewindfs restore", first - 1, ...(paths.length > 0 ? ["--", ...paths] : [])];
      await withHistory(context, async (history) => {
        const { planRestore } = await import("../../history/index.ts");
        const before = history.at((first - 1) as Seq);
        const plan = planRestore(before, history.at(last as Seq));
        const { run } = history.journal.event(last) ?? { run: history.journal.runs().length };
        const done = { run, first: first as Seq, last: last as Seq };
        printRestored(context, { ...plan, done } as never, `${back.join(" ")} takes this back`);
      });
      if (!seen)
        talk.line(
          printable(
            "a call that is held keeps the program from seeing all of it before it goes on",
          ),
        );
    }
  }
}
